import { headline } from './headline';
import type { Plan } from './plan';
import type { RestorePoint } from './restore-points';
import { timelines, type Timeline } from './timeline';
import { day, moment, plural } from './words';
import { element, escaped } from './xml';

const DAY = 86_400_000;
const WIDTH = 960;
const LEFT = 112;
const RIGHT = WIDTH - 64;
/** Of one backup: its name, two rows, the axis. */
const HEIGHT = 136;
const TOP = 64;
const LEGEND = 40;

/** More would be a picture that nobody looks at. */
const MOST = 20;

const TICKS = 7;
const STEPS = [1, 2, 7, 14, 31, 92, 183, 366, 5 * 366];

/** By the reader's setting, also where the picture is an image in a page. */
const STYLE = `
  :root { color-scheme: light dark; --back: #ffffff; --ink: #1f2328; --soft: #59636e; --line: #d1d9e0; --kept: #0969da; --lost: #cf222e; --next: #1a7f37; }
  @media (prefers-color-scheme: dark) {
    :root { --back: #0d1117; --ink: #f0f6fc; --soft: #9198a1; --line: #3d444d; --kept: #4493f8; --lost: #ff7b72; --next: #3fb950; }
  }
  text { font: 13px ui-sans-serif, system-ui, "Segoe UI", "Helvetica Neue", Arial, sans-serif; fill: var(--ink); }
  .title { font-size: 16px; font-weight: 600; }
  .name { font-weight: 600; }
  .soft { fill: var(--soft); font-size: 12px; }
  .back { fill: var(--back); }
  .line { stroke: var(--line); stroke-width: 1; }
  .kept { fill: var(--kept); }
  .next { fill: var(--next); }
  .lost { stroke: var(--lost); stroke-width: 2.5; fill: none; stroke-linecap: round; }
`;

/** The restore points before and after, on an axis of time, as one SVG. What is lost differs in its shape too. */
export function svg(plan: Plan): string {
  const all = timelines(plan.comparison);
  const drawn = all.slice(0, MOST);
  const rest = all.length - drawn.length;
  const height = TOP + Math.max(drawn.length, 1) * HEIGHT + LEGEND + (rest > 0 ? 24 : 0);
  const describe = drawn
    .map(
      ({ backup, before, after, lost }) =>
        `${backup}: ${plural(before.length, 'restore point')} without the change, ${after.length} with it, ` +
        `${lost.size} lost.`,
    )
    .join(' ');
  const picture = element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      viewBox: `0 0 ${WIDTH} ${height}`,
      width: WIDTH,
      height,
      role: 'img',
      'aria-labelledby': 'title description',
    },
    element('title', { id: 'title' }, 'Restore points before and after the change'),
    element('desc', { id: 'description' }, escaped(`${headline(plan)}. ${describe}`)),
    element('style', {}, STYLE),
    element('rect', { class: 'back', width: WIDTH, height }),
    label(24, 32, 'Restore points at the end of the next run', 'title'),
    ...(drawn.length === 0 ? [label(24, TOP + 24, 'There is no backup on both sides.', 'soft')] : []),
    ...drawn.map((timeline, index) =>
      element('g', { transform: `translate(0 ${TOP + index * HEIGHT})` }, ...rows(timeline)),
    ),
    ...(rest > 0 ? [label(24, TOP + drawn.length * HEIGHT + 8, `… and ${rest} more backups`, 'soft')] : []),
    legend(height - 20),
  );
  return `${picture}\n`;
}

function rows({ backup, next, before, after, lost }: Timeline): string[] {
  const times = [...before, ...after].map(({ time }) => time);
  if (times.length === 0) return [label(24, 16, backup, 'name'), label(24, 40, 'There are no restore points.', 'soft')];
  const [first, last] = [Math.min(...times), Math.max(...times)];
  const x = (time: number): number =>
    round(last === first ? RIGHT : LEFT + ((time - first) / (last - first)) * (RIGHT - LEFT));
  const radius = (RIGHT - LEFT) / Math.max((last - first) / DAY, 1) < 14 ? 3.5 : 5.5;
  const row = (y: number, noun: string, points: readonly RestorePoint[], gone: readonly RestorePoint[]): string[] => [
    label(24, y + 4, noun),
    element('line', { class: 'line', x1: LEFT, x2: RIGHT, y1: y, y2: y }),
    ...points.map((point) =>
      mark(x(point.time), y, radius, lost.has(point.name) ? 'lost' : point.time === next ? 'next' : 'kept', point),
    ),
    ...gone.map((point) => mark(x(point.time), y, radius, 'gone', point)),
  ];
  const gone = before.filter(({ name }) => lost.has(name));
  return [
    label(24, 16, backup, 'name'),
    element(
      'text',
      { class: 'soft', x: WIDTH - 24, y: 16, 'text-anchor': 'end' },
      escaped(next === undefined ? 'no run is scheduled' : `next run ${moment(next)}`),
    ),
    ...row(44, `before ${before.length}`, before, []),
    ...row(76, `after ${after.length}`, after, gone),
    ...axis(first, last, x),
  ];
}

function axis(first: number, last: number, x: (time: number) => number): string[] {
  const days = STEPS.find((step) => (last - first) / DAY / step <= TICKS) ?? Math.ceil((last - first) / DAY / TICKS);
  const ticks: number[] = [];
  for (let time = last; time >= first; time -= days * DAY) ticks.push(time);
  return ticks.flatMap((time) => [
    element('line', { class: 'line', x1: x(time), x2: x(time), y1: 88, y2: 94 }),
    element('text', { class: 'soft', x: x(time), y: 110, 'text-anchor': 'middle' }, escaped(day(time))),
  ]);
}

/** A disc is kept; a ring with a cross is lost; a cross alone is where it was; a diamond is the next run. */
function mark(
  x: number,
  y: number,
  radius: number,
  kind: 'kept' | 'lost' | 'gone' | 'next',
  point?: RestorePoint,
): string {
  const fate = kind === 'lost' || kind === 'gone' ? ', lost' : kind === 'next' ? ', the next run' : '';
  const told = point === undefined ? [] : [element('title', {}, escaped(`${point.name}${fate}`))];
  const arm = round(radius * 0.7);
  const cross =
    `M${round(x - arm)} ${round(y - arm)}L${round(x + arm)} ${round(y + arm)}M${round(x - arm)} ` +
    `${round(y + arm)}L${round(x + arm)} ${round(y - arm)}`;
  switch (kind) {
    case 'kept':
      return element('circle', { class: 'kept', cx: x, cy: y, r: radius }, ...told);
    case 'next':
      return element(
        'path',
        {
          class: 'next',
          d:
            `M${x} ${round(y - radius - 1.5)}L${round(x + radius + 1.5)} ${y}L${x} ` +
            `${round(y + radius + 1.5)}L${round(x - radius - 1.5)} ${y}Z`,
        },
        ...told,
      );
    case 'lost':
      return element(
        'g',
        { class: 'lost' },
        ...told,
        element('circle', { cx: x, cy: y, r: round(radius + 1.5) }),
        element('path', { d: cross }),
      );
    case 'gone':
      return element('path', { class: 'lost', d: cross }, ...told);
  }
}

function legend(y: number): string {
  const entries = [
    ['kept', 'stays'],
    ['lost', 'lost by the change'],
    ['gone', 'where it was'],
    ['next', 'the next run'],
  ] as const;
  return entries
    .map(
      ([kind, text], index) =>
        mark(LEFT + index * 190, y, 5.5, kind) + label(LEFT + 14 + index * 190, y + 4, text, 'soft'),
    )
    .join('');
}

function label(x: number, y: number, text: string, className?: string): string {
  return element('text', { ...(className !== undefined && { class: className }), x, y }, escaped(text));
}

function round(number: number): number {
  return Math.round(number * 10) / 10;
}
