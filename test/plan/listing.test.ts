import { readListing } from '../../src/plan/listing';
import { LISTING } from './cases';

const names = (text: string, folder = 'shop'): string[] =>
  (readListing(text, 'a file').get(folder) ?? []).map(({ name }) => name);

test('ls -l: names, sizes, what is verified and what is held', () => {
  const dumps = readListing(LISTING, 'a file').get('shop')!;
  expect(dumps).toHaveLength(10);
  expect(dumps[0]).toEqual({
    name: 'shop-20261123-020000',
    time: Date.UTC(2026, 10, 23, 2),
    isVerified: true,
    isHeld: false,
    size: 1_000_000_000,
  });
  expect(dumps.filter(({ isVerified }) => !isVerified).map(({ name }) => name)).toEqual(['shop-20261118-020000']);
  expect(dumps.filter(({ isHeld }) => isHeld).map(({ name }) => name)).toEqual(['shop-20261115-020000']);
});

test('what RESTORE_ACTION=list prints', () => {
  const text = [
    'NAME                             TIME (UTC)                 AGE         MB VERIFIED   SECRETS          ' +
      'ROWS HELD UNTIL            LABEL                SERVER',
    'shop-20261122-020000             2026-11-22T02:00:00Z      1d23h       1200 yes        same          ' +
      '400000 2026-12-22T02:00:03Z  before-v5            "17.2 (Debian 17.2-1)"',
    'shop-20261121-020000             2026-11-21T02:00:00Z      2d23h        900 no         -                  ' +
      '- -                     -                    -',
    'shop-20261120-020000             2026-11-20T02:00:00Z      3d23h        800 no         -                  ' +
      '- released              -                    -',
  ].join('\n');
  expect(readListing(text, 'a file').get('shop')).toEqual([
    {
      name: 'shop-20261122-020000',
      time: Date.UTC(2026, 10, 22, 2),
      isVerified: true,
      isHeld: true,
      size: 1_200_000_000,
    },
    {
      name: 'shop-20261121-020000',
      time: Date.UTC(2026, 10, 21, 2),
      isVerified: false,
      isHeld: false,
      size: 900_000_000,
    },
    {
      name: 'shop-20261120-020000',
      time: Date.UTC(2026, 10, 20, 2),
      isVerified: false,
      isHeld: true,
      size: 800_000_000,
    },
  ]);
});

test('what RESTORE_ACTION=list printed before it had the holds', () => {
  const text = [
    'shop-20261122-020000             2026-11-22T02:00:00Z      1d23h       1200 yes        same          ' +
      '400000 "17.2"',
    'shop-20261121-020000             2026-11-21T02:00:00Z      2d23h        900 no        ',
  ].join('\n');
  expect(
    readListing(text, 'a file')
      .get('shop')!
      .map(({ isVerified, isHeld }) => [isVerified, isHeld]),
  ).toEqual([
    [true, false],
    [false, false],
  ]);
});

test('names one a line, with paths, of several databases, and other lines among them', () => {
  const text =
    'total 12\r\nlatest.json\r\n' +
    './zitadel/zitadel-20261122-020000.dump\r\nmy-shop-2-20261121-020000.dump\r\nshop-20261120-020000\r\n';
  expect(names(text, 'zitadel')).toEqual(['zitadel-20261122-020000']);
  expect(names(text, 'my-shop-2')).toEqual(['my-shop-2-20261121-020000']);
  expect(names(text)).toEqual(['shop-20261120-020000']);
});

test('a dump without bytes is none, nor is what a dump has left behind', () => {
  expect(
    names(
      '-rw-r--r-- 1 70 70 0 Nov 23 02:03 shop-20261123-020000.dump\n-rw-r--r-- 1 70 70 9 Nov 22 02:03 ' +
        'shop-20261122-020000.dump\nshop-20261121-020000.globals.sql',
    ),
  ).toEqual(['shop-20261122-020000']);
});

test('a listing without dumps is misuse', () => {
  expect(() => readListing('total 0\n', 'listing.txt')).toThrow('--dumps (listing.txt) names no dump');
});
