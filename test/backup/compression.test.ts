import { Compression } from '../../src';

test.each([
  [Compression.zstd(), 'zstd:1'],
  [Compression.zstd(19), 'zstd:19'],
  [Compression.lz4(), 'lz4'],
  [Compression.gzip(), 'gzip:6'],
  [Compression.gzip(9), 'gzip:9'],
  [Compression.none(), 'none'],
])('%s is what pg_dump 16 is told', (compression, option) => {
  expect(compression.optionFor(16)).toBe(option);
});

test('pg_dump before 16 is told a bare gzip level', () => {
  expect(Compression.gzip(4).optionFor(15)).toBe('4');
  expect(Compression.none().optionFor(15)).toBe('0');
});

test('the default is zstd level 1 from PostgreSQL 16 on, and gzip before', () => {
  expect(String(Compression.bestFor(16))).toBe('zstd:1');
  expect(String(Compression.bestFor(15))).toBe('gzip:6');
});

test.each([Compression.zstd(), Compression.lz4()])('%s is refused for tools that lack it', (compression) => {
  expect(() => compression.checkSupportedBy(15)).toThrow(
    /compression \("(zstd:1|lz4)"\) needs the client tools of PostgreSQL 16, the image has 15\. Use Compression\.gzip\(\)/,
  );
  expect(() => compression.checkSupportedBy(16)).not.toThrow();
});

test.each([0, 23, 1.5])('zstd level %p is refused', (level) => {
  expect(() => Compression.zstd(level)).toThrow(/compression\.level .* from 1 to 22/);
});

test.each([0, 10])('gzip level %p is refused', (level) => {
  expect(() => Compression.gzip(level)).toThrow(/compression\.level .* from 1 to 9/);
});
