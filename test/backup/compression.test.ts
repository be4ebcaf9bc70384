import { Compression } from '../../src';
import { bestCompression, compressionOption } from '../../src/backup/compression';

test.each([
  [Compression.zstd(), 'zstd:1'],
  [Compression.zstd(19), 'zstd:19'],
  [Compression.lz4(), 'lz4'],
  [Compression.gzip(), 'gzip:6'],
  [Compression.gzip(9), 'gzip:9'],
  [Compression.none(), 'none'],
])('%s is what pg_dump 16 is told', (compression, option) => {
  expect(compressionOption(compression, 16)).toBe(option);
});

test('pg_dump before 16 is told a bare gzip level', () => {
  expect(compressionOption(Compression.gzip(4), 15)).toBe('4');
  expect(compressionOption(Compression.none(), 15)).toBe('0');
});

test('the default is zstd level 1 from PostgreSQL 16 on, and gzip before', () => {
  expect(String(bestCompression(16))).toBe('zstd:1');
  expect(String(bestCompression(15))).toBe('gzip:6');
});

test.each([Compression.zstd(), Compression.lz4()])('%s is refused for tools that lack it', (compression) => {
  expect(() => compressionOption(compression, 15)).toThrow(
    /backupCronJob\.compression \("(zstd:1|lz4)"\) needs the client tools of PostgreSQL 16, the image has 15\. Use Compression\.gzip\(\)/,
  );
  expect(() => compressionOption(compression, 16)).not.toThrow();
});

test.each([0, 23, 1.5])('zstd level %p is refused', (level) => {
  expect(() => Compression.zstd(level)).toThrow(/compression\.level .* from 1 to 22/);
});

test.each([0, 10])('gzip level %p is refused', (level) => {
  expect(() => Compression.gzip(level)).toThrow(/compression\.level .* from 1 to 9/);
});
