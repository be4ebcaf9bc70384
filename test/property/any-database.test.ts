import { toolbox } from '../support/toolbox';
import { type Database, randomDatabase, sqlOf } from './database';
import { type Finding, RoundTrip, WAYS } from './round-trip';
import { smallest } from './shrinking';

// Another seed tries other databases; the seed of a failure brings it back.
const SEED = process.env.PROPERTY_SEED ?? 'first of many';
const FIRST = Number(process.env.PROPERTY_FIRST ?? 0);
const DATABASES = Number(process.env.PROPERTY_DATABASES ?? 2);
const SCHEMAS = 20;
const LIMIT_MS = 1_800_000; // of one database, with all that it takes to find out what in it fails

let trip: RoundTrip;

beforeAll(async () => {
  trip = await RoundTrip.start();
});
afterAll(() => trip.stop());

test.each(Array.from({ length: DATABASES }, (_, index) => FIRST + index))('whatever a legal database holds comes back: database %i', async (number) => {
  const shell = number % 2 === 0 ? 'dash' : 'ash';
  const database = randomDatabase(`${SEED}/${number}`, SCHEMAS, toolbox().major);
  const found = await trip.findings(database, shell);
  if (found.length === 0) return;
  const ways = WAYS.filter((way) => found.some(({ of }) => of === way || of === 'backup'));
  let [left, findings] = [database, found];
  const fails = async (smaller: Database): Promise<boolean> => {
    const again = await trip.findings(smaller, shell, ways.slice(0, 1));
    if (again.length > 0) [left, findings] = [smaller, again];
    return again.length > 0;
  };
  await smallest(left.schemas, (schemas) => fails({ ...left, schemas }));
  await smallest(left.properties.settings, (settings) => fails({ ...left, properties: { ...left.properties, settings } }));
  for (const schema of left.schemas) {
    await smallest(schema.parts, (parts) => fails({ ...left, schemas: left.schemas.map((other) => (other.label === schema.label ? { ...schema, parts } : other)) }));
  }
  throw new Error(report(number, left, findings, found));
}, LIMIT_MS);

function report(number: number, left: Database, findings: readonly Finding[], found: readonly Finding[]): string {
  const { create, settings, freshHas } = left.properties;
  return [
    `PROPERTY_SEED='${SEED}' PROPERTY_FIRST=${number} PROPERTY_DATABASES=1 npm run test:property`,
    `Failed: ${found.map(({ of }) => of).join(', ')}. What is left of ${SCHEMAS} schemas and fails still:`,
    create, sqlOf(left.schemas, toolbox().major), ...settings, `-- the fresh server has: ${JSON.stringify(freshHas)}`,
    ...findings.map(({ of, text }) => `${of}: ${text.slice(0, 20_000)}`),
  ].join('\n\n');
}
