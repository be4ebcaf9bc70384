import { readFileSync } from 'node:fs';
import { PAGE, readersOf, render, scripts, withoutComments } from '../../generators/environment';
import { VARIABLE_NAMES } from '../../src/workload/variables';

/** Read by programs that the scripts call, and not by the scripts themselves. */
const OF_PROGRAMS = ['PGAPPNAME', 'PGSSLMODE'];

/** What a script may set, or get from a test or from a shell, and no workload gives. */
const OF_SCRIPTS =
  /^(PG[A-Z]+|LC_ALL|BASH_[A-Z]+|HOME|PATH|PROGRESS_SECONDS|SCALE_BACK_SECONDS|API_TIMEOUT|STRUCTURE_REPORT|RANDOM|SECONDS|EPOCHSECONDS)$/;

test('every variable of the workloads is read by a script', () => {
  expect(VARIABLE_NAMES.filter((name) => readersOf(name).length === 0 && !OF_PROGRAMS.includes(name))).toEqual([]);
});

test('every variable that a script requires is one of the workloads', () => {
  const required = [...scripts().values()].flatMap((text) =>
    [...withoutComments(text).matchAll(/\$\{([A-Z][A-Z0-9_]+)(?=:?[?\-=}])/g)].map(([, name]) => name!),
  );
  const known = new Set<string>(VARIABLE_NAMES);
  expect([...new Set(required)].filter((name) => !known.has(name) && !OF_SCRIPTS.test(name))).toEqual([]);
});

test('the page of the environment is current', () => {
  expect(readFileSync(PAGE, 'utf8')).toBe(render());
});

test('no script returns without a status: in a trap, bash takes that of the command before the trap', () => {
  const bare = [...scripts()].flatMap(([file, text]) =>
    text.split('\n').flatMap((line, index) => (/\breturn *($|[;}&|])/.test(line) ? [`${file}:${index + 1}`] : [])),
  );
  expect(bare).toEqual([]);
});
