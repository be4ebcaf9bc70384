import { PostgresDatabase, PostgresImage } from '../../src';
import { chart, database } from '../support/manifests/synth';

describe('PostgresImage', () => {
  const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;

  test('the Alpine image runs as 70:70 and the Debian image as 999:999', () => {
    expect(PostgresImage.alpine('16.4')).toMatchObject({
      image: 'postgres:16.4-alpine',
      uid: 70,
      gid: 70,
      majorVersion: 16,
    });
    expect(PostgresImage.debian('17.2')).toMatchObject({
      image: 'postgres:17.2',
      uid: 999,
      gid: 999,
      majorVersion: 17,
    });
  });

  test('a digest pins the image, and a mirror replaces the repository', () => {
    const image = PostgresImage.alpine('16.4', { digest, repository: 'registry.example:5000/library/postgres' });
    expect(image.image).toBe(`registry.example:5000/library/postgres:16.4-alpine@${digest}`);
  });

  test.each(['latest', '16.4-alpine', 'v16', '', '9.6', '16.4.1', '16'])(
    'version %p, which is no release, is refused',
    (version) => {
      expect(() => PostgresImage.alpine(version)).toThrow(
        /^image\.version .* does not name one release of PostgreSQL\. /,
      );
    },
  );

  test('a tag that moves is taken with a digest', () => {
    expect(PostgresImage.alpine('16', { digest }).image).toBe(`postgres:16-alpine@${digest}`);
  });

  test.each([
    'postgres',
    'postgres:latest',
    'registry.example:5000/postgres',
    'postgres latest',
    'postgres:16@sha256:12',
    'Postgres:16',
    'a//b:1',
    '-x:1',
    '/a:1',
    'a/:1',
    '$(x):1',
    'a#b:1',
    `a:${'1'.repeat(129)}`,
  ])('image %p, which may be another one tomorrow or is none, is refused', (image) => {
    expect(() => PostgresImage.of({ image, uid: 70, gid: 70, majorVersion: 16 })).toThrow(/^image \(/);
  });

  test.each(['ghcr.io/a/b_c/d-e.f:1.2', 'localhost:5000/a:1', '[::1]:5000/a:1', 'a:1_x-Y.z'])(
    'image %p is taken',
    (image) => {
      expect(PostgresImage.of({ image, uid: 1, gid: 1, majorVersion: 17 }).image).toBe(image);
    },
  );

  test('an image by digest alone is taken', () => {
    expect(PostgresImage.of({ image: `db@${digest}`, uid: 1, gid: 1, majorVersion: 18 }).image).toBe(`db@${digest}`);
  });

  test('an image that runs as root is refused', () => {
    expect(() => PostgresImage.of({ image: 'db:1', uid: 0, gid: 70, majorVersion: 16 })).toThrow(/^image\.uid \(0\)/);
    expect(() => PostgresImage.of({ image: 'db:1', uid: 70, gid: 0, majorVersion: 16 })).toThrow(/^image\.gid \(0\)/);
  });

  test.each([12, 16.4, NaN])('major version %p is refused', (majorVersion) => {
    expect(() => PostgresImage.of({ image: 'db:1', uid: 70, gid: 70, majorVersion })).toThrow(/^image\.majorVersion/);
  });

  test('a malformed digest is refused', () => {
    expect(() => PostgresImage.alpine('16.4', { digest: 'sha256:12' })).toThrow(/^image\.digest/);
  });
});

describe('PostgresDatabase', () => {
  test('port is 5432, maintenanceDatabase postgres and serverTimeout 5 minutes by default', () => {
    const { port, maintenanceDatabase, serverTimeout } = database(chart());
    expect([port, maintenanceDatabase, serverTimeout.toSeconds()]).toEqual([5432, 'postgres', 300]);
  });

  test.each(["it's", 'a "b" $c', '日本語', 'a\tb', '-x', 'postgres://x', 'a=b', 'x'.repeat(63)])(
    'database name %p is taken',
    (name) => {
      expect(database(chart(), { name }).name).toBe(name);
    },
  );

  test.each(['', 'x'.repeat(64), '日'.repeat(22), 'a\0b', 'a\nb', 'a\rb', '\ud800'])(
    'database name %p is refused',
    (name) => {
      expect(() => database(chart(), { name })).toThrow(/^database\.name \(/);
      expect(() => database(chart(), { user: name })).toThrow(/^database\.user \(/);
    },
  );

  test.each(['postgres', 'template0', 'template1'])('database %p, which no restore can swap, is refused', (name) => {
    expect(() => database(chart(), { name })).toThrow(/^database\.name/);
  });

  test('the maintenance database can be another one, but no template', () => {
    expect(database(chart(), { name: 'postgres', maintenanceDatabase: 'maintenance' }).name).toBe('postgres');
    expect(() => database(chart(), { maintenanceDatabase: 'template1' })).toThrow(/^database\.maintenanceDatabase/);
  });

  test.each([0, 65536, 54.32])('port %p is refused', (port) => {
    expect(() => database(chart(), { port })).toThrow(/^database\.port/);
  });
});

test.each(['', 'db host', 'a,b', '/var/run', 'db:5432', '-db', 'h..x', 'fe80::1%eth0'])(
  'host %p is refused',
  (host) => {
    const { name, user, password, image } = database(chart());
    expect(() => PostgresDatabase.at(host, { name, user, password, image })).toThrow(/^database\.host/);
  },
);
