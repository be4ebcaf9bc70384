import type { Change } from '../change';
import { change, type Comparison, type Pair } from '../comparison';
import { name } from '../words';
import type { Workload } from '../planned-workload';

const CHOICES = ['RESTORE_ACTION', 'RESTORE_DUMP', 'RESTORE_BEFORE', 'RESTORE_SHA256'];

/** Answers about the effects of a restore from a template. */
export function restores({ workloads }: Comparison): Change[] {
  return workloads.flatMap(({ before, after }) =>
    before !== undefined && after?.component === 'restore' && after.manifest.kind === 'CronJob'
      ? [
          ...sessions({ before, after }),
          ...previous({ before, after }),
          ...despite({ before, after }),
          ...choices({ before, after }),
          ...quiesce({ before, after }),
        ]
      : [],
  );
}

function values({ before, after }: Required<Pair<Workload>>, variable: string): readonly [string, string] {
  return [before.env.get(variable) ?? '', after.env.get(variable) ?? ''];
}

function sessions(pair: Required<Pair<Workload>>): Change[] {
  const [was, is] = values(pair, 'RESTORE_SESSIONS');
  if (was === is) return [];
  const disconnects = is === 'disconnect';
  return [
    change(
      'restore-sessions',
      disconnects ? 'warning' : 'note',
      pair.after.manifest,
      `Sessions on the live database at the cutover: ${name(was)} → ${name(is)}`,
      disconnects
        ? [
            'A restore ends them, in the middle of whatever they do. What a service writes between the dump and ' +
              'the exchange is in the former database only.',
          ]
        : [],
    ),
  ];
}

function previous(pair: Required<Pair<Workload>>): Change[] {
  const [was, is] = values(pair, 'KEEP_PREVIOUS');
  if (was === is) return [];
  const isLess = Number(is) < Number(was);
  return [
    change(
      'restore-previous',
      isLess ? 'warning' : 'note',
      pair.after.manifest,
      `Former databases that stay after a restore: ${name(was)} → ${name(is)}`,
      isLess
        ? ['The next restore drops the others, and with them the way back beyond the newest.']
        : ['Each takes the room of a whole database on the server.'],
    ),
  ];
}

function despite(pair: Required<Pair<Workload>>): Change[] {
  const [was, is] = values(pair, 'RESTORE_IGNORE');
  if (was === is) return [];
  const known = was.split(' ');
  const isLess = is.split(' ').every((check) => check === '' || known.includes(check));
  return [
    change(
      'restore-ignore',
      isLess ? 'note' : 'error',
      pair.after.manifest,
      `Failed checks that do not stop a restore: ${was || 'none'} → ${is || 'none'}`,
      isLess
        ? []
        : [
            'Every restore goes on where it would be refused, e.g. with secrets that do not open what is in the ' +
              'dump. Set it for one restore, not in the template.',
          ],
    ),
  ];
}

function quiesce(pair: Required<Pair<Workload>>): Change[] {
  const [was, is] = values(pair, 'QUIESCE_DEPLOYMENT');
  if (was === is) return [];
  return [
    change(
      'restore-quiesce',
      is === '' ? 'note' : 'warning',
      pair.after.manifest,
      `The service that a restore stops for the cutover: ${was === '' ? 'none' : `the Deployment ${name(was)}`} ` +
        `→ ${is === '' ? 'none' : `the Deployment ${name(is)}`}`,
      is === '' ? [] : ['Its account may set the scale of this Deployment.'],
    ),
  ];
}

function choices(pair: Required<Pair<Workload>>): Change[] {
  return CHOICES.flatMap((variable) => {
    const [was, is] = values(pair, variable);
    const usual = variable === 'RESTORE_ACTION' ? 'restore' : '';
    if (was === is) return [];
    return [
      change(
        'restore-choice',
        is === usual ? 'note' : variable === 'RESTORE_ACTION' ? 'error' : 'warning',
        pair.after.manifest,
        `The default of ${variable} for restores: ${was || '(empty)'} → ${is || '(empty)'}`,
        is === usual
          ? ['That is the usual value.']
          : ['An incident begins with this template, and expects it to restore the newest verified dump.'],
      ),
    ];
  });
}
