import { checkLabels, checkName, fileName } from '../../src/kubernetes/names';

test.each([
  ['zitadel', 'zitadel'],
  ['my-app_1.x', 'my-app_1.x'],
  ['a b/c', 'a%20b%2Fc'],
  ['$(rm)', '%24%28rm%29'],
  ['.hidden', '%2Ehidden'],
  ['-rf', '%2Drf'],
  ["it's*", 'it%27s%2A'],
  ['100%', '100%25'],
  ['日', '%E6%97%A5'],
])('the identifier %p becomes the file name %p', (identifier, expected) => {
  expect(fileName(identifier)).toBe(expected);
});

test('a name over its limit says by how much', () => {
  expect(() => checkName('name', 'a'.repeat(55), 52)).toThrow(
    'has 55 characters, Kubernetes allows 52. Shorten it by 3',
  );
});

test.each<Record<string, string>>([{ team: 'a' }, { 'app.kubernetes.io/name': '' }, { 'example.com/a_b.c': 'X-1' }])(
  'the labels %p are taken',
  (labels) => {
    expect(() => checkLabels('labels', labels)).not.toThrow();
  },
);

test.each<Record<string, string>>([
  { 'bad key!': 'x' },
  { a: 'x y' },
  { 'a/b/c': 'x' },
  { 'Bad/a': 'x' },
  { a: 'x'.repeat(64) },
  { '-a': 'x' },
])('the labels %p are refused', (labels) => {
  expect(() => checkLabels('labels', labels)).toThrow(/^labels \(/);
});
