import { RestoreCheck } from '../../src';
import { checksEnv } from '../../src/restore/restore-check';

test('checks reach the scripts by number, and a value that is known beforehand with them', () => {
  expect(
    checksEnv([
      RestoreCheck.sql({ name: 'costs $5', query: "SELECT '$(HOME)'", expect: '' }),
      RestoreCheck.sameAsDump({ name: 'newest', query: 'SELECT max(id) FROM public.orders' }),
    ]),
  ).toEqual([
    { name: 'CHECKS', value: '2' },
    { name: 'CHECK_1_NAME', value: 'costs $$5' },
    { name: 'CHECK_1_QUERY', value: "SELECT '$$(HOME)'" },
    { name: 'CHECK_1_EXPECT', value: '' },
    { name: 'CHECK_2_NAME', value: 'newest' },
    { name: 'CHECK_2_QUERY', value: 'SELECT max(id) FROM public.orders' },
  ]);
});

test('two checks of one name are refused: the manifest could not tell them apart', () => {
  const check = RestoreCheck.sameAsDump({ name: 'newest', query: 'SELECT 1' });
  expect(() => checksEnv([check, check])).toThrow('check.name ("newest") is the name of two checks');
});

test.each([
  ['check.name', { name: '', query: 'SELECT 1' }],
  ['check.name', { name: 'two\nlines', query: 'SELECT 1' }],
  ['check.query', { name: 'x', query: ' ' }],
])('a bad %s is refused by its name', (property, options) => {
  expect(() => RestoreCheck.sameAsDump(options)).toThrow(`${property} (`);
});
