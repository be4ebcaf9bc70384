import { parseArgs } from 'node:util';

/**
 * The numbers that a caller may choose, e.g. `--rounds 5`, each with its default; a default of several numbers takes
 * several, with commas between. `--help` prints the measurement and the defaults, and ends the program, as does an
 * option that there is not.
 */
export function options<T extends Record<string, number | readonly number[]>>(measurement: string, defaults: T): T {
  const usage = Object.entries(defaults).map(
    ([name, value]) => `  --${name} ${Array.isArray(value) ? 'NUMBERS' : 'NUMBER'}  (default: ${value})`,
  );
  try {
    const { values } = parseArgs({
      options: {
        help: { type: 'boolean', short: 'h' },
        ...Object.fromEntries(Object.keys(defaults).map((name) => [name, { type: 'string' as const }])),
      },
    });
    if (values.help === true) {
      console.log([measurement, '', ...usage].join('\n'));
      process.exit();
    }
    const chosen = Object.entries(defaults).map(([name, value]) => {
      const given = (values as Record<string, string | undefined>)[name];
      const all = given === undefined ? [value].flat() : given.split(',').map(Number);
      if (all.some((number) => !(number > 0)) || (all.length > 1 && !Array.isArray(value)))
        throw new Error(`--${name} is ${given}: it must be a number above 0.`);
      return [name, Array.isArray(value) ? all : all[0]];
    });
    return Object.fromEntries(chosen);
  } catch (error) {
    console.error([(error as Error).message, '', ...usage].join('\n'));
    process.exit(2);
  }
}
