import { identifier } from '../support/postgres/database-state';
import { toolbox } from '../support/machine/toolbox';
import { type Database, randomDatabase, sqlOf } from './database';
import { type Finding, RoundTrip, WAYS } from './round-trip';
import { smallest } from './shrinking';

// Another seed tries other databases; the seed of a failure brings it back.
const SEED = process.env.PROPERTY_SEED ?? 'first of many';
const FIRST = Number(process.env.PROPERTY_FIRST ?? 0);
const DATABASES = Number(process.env.PROPERTY_DATABASES ?? 2);
const SCHEMAS = Number(process.env.PROPERTY_SCHEMAS ?? 20);
const LIMIT_MS = 1_800_000; // of one database, with all that it takes to find out what in it fails

let trip: RoundTrip;

beforeAll(async () => {
  trip = await RoundTrip.start();
});
afterAll(() => trip.stop());

const numbers = Array.from({ length: DATABASES }, (_, index) => FIRST + index);

test.each(numbers)(
  'whatever a legal database holds comes back: database %i',
  async (number) => {
    const userland = number % 2 === 0 ? 'gnu' : 'busybox';
    const database = randomDatabase(`${SEED}/${number}`, SCHEMAS, toolbox().major);
    const found = await trip.findings(database, userland);
    if (found.length === 0) return;
    let [left, findings] = [database, found];
    const [way] = WAYS.filter((one) => found.some(({ of }) => of === one || of === 'backup'));
    const fails = async (smaller: Database): Promise<boolean> => {
      const again = await trip.findings(smaller, userland, [way!]);
      if (again.length > 0) [left, findings] = [smaller, again];
      return again.length > 0;
    };
    await smallest(left.schemas, (schemas) => fails({ ...left, schemas }));
    await smallest(left.properties.settings, (settings) =>
      fails({ ...left, properties: { ...left.properties, settings } }),
    );
    await fails({
      ...left,
      properties: { ...left.properties, create: `CREATE DATABASE ${identifier(left.properties.name)};` },
    });
    for (const schema of left.schemas) {
      await smallest(schema.parts, (parts) =>
        fails({
          ...left,
          schemas: left.schemas.map((other) => (other.label === schema.label ? { ...schema, parts } : other)),
        }),
      );
    }
    const told = findings.map(({ of, text }) => `${of}: ${text.slice(0, 20_000)}`);
    throw new Error(report(number, found, left, [...told, await trip.ownPrograms(left)]));
  },
  LIMIT_MS,
);

/** How to repeat a failure, and what is left of it. */
function report(number: number, found: readonly Finding[], left: Database, told: readonly string[]): string {
  const { create, settings, freshHas } = left.properties;
  return [
    `PROPERTY_SEED='${SEED}' PROPERTY_FIRST=${number} PROPERTY_DATABASES=1 npm run test:property`,
    `Failed: ${found.map(({ of }) => of).join(', ')}. What is left of ${SCHEMAS} schemas, and fails:`,
    create,
    sqlOf(left.schemas, toolbox().major),
    ...settings,
    `-- The fresh server has: ${JSON.stringify(freshHas)}`,
    ...told,
  ].join('\n\n');
}
