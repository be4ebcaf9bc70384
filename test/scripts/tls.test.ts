import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createIdentityDatabase } from '../support/zitadel/identity-database';
import { Instance } from '../support/pods/instance';
import { run, which } from '../support/machine/machine';
import { PostgresServer } from '../support/postgres/postgres-server';

let server: PostgresServer;
let instance: Instance;

/** Makes a certificate that has signed itself; returns its path on the share, where the pod sees it. */
function certificate(name: string, days: number, file: string): void {
  const [key, cert] = [join(server.dataFolder, `${file}.key`), join(server.dataFolder, `${file}.crt`)];
  run([
    'openssl',
    'req',
    '-new',
    '-x509',
    '-days',
    String(days),
    '-nodes',
    '-subj',
    `/CN=${name}`,
    '-addext',
    `subjectAltName=DNS:${name}`,
    '-out',
    cert,
    '-keyout',
    key,
  ]);
  for (const made of [key, cert]) run(['chown', `--reference=${server.dataFolder}`, made]);
  run(['chmod', '600', key]);
  writeFileSync(join(instance.nas, `${file}.crt`), readFileSync(cert));
}

const describeWithOpenssl = which('openssl') === undefined ? describe.skip : describe;

describeWithOpenssl(
  "what is wrong with the encryption of a connection is said at once, in libpq's own words and with a remedy",
  () => {
    beforeAll(async () => {
      server = await PostgresServer.start();
      createIdentityDatabase(server);
      instance = new Instance(server, 'busybox');
      certificate('db', 2, 'server');
      certificate('other', 2, 'other');
    });
    afterAll(() => server.stop());

    const refused = async (env: Record<string, string>, libpq: string, remedy: string): Promise<void> => {
      const { status, stderr, stdout } = await instance.backup({ SERVER_TIMEOUT: '300', ...env });
      expect(status).toBe(1);
      expect(stderr).toContain(libpq);
      expect(stderr).toContain(remedy);
      expect(stderr).not.toContain('no server accepts connections');
      expect(stdout).not.toContain('waiting for the server');
      expect(instance.dumps()).toEqual([]);
    };

    test('a server without encryption', () =>
      refused(
        { PGSSLMODE: 'require' },
        'server does not support SSL, but SSL was required',
        'Switch on SSL at the server',
      ));

    describe('with a server that encrypts', () => {
      beforeAll(async () => {
        appendFileSync(join(server.dataFolder, 'postgresql.conf'), 'ssl = on\n');
        const hba = join(server.dataFolder, 'pg_hba.conf');
        writeFileSync(hba, readFileSync(hba, 'utf8').replace(/^host /gm, 'hostssl '));
        await server.restart();
      });

      test('no authority', () =>
        refused(
          { PGSSLMODE: 'verify-full' },
          'root certificate file',
          'Give the certificate of the authority in the file that PGSSLROOTCERT names.',
        ));
      test('another authority', () =>
        refused(
          { PGSSLMODE: 'verify-ca', PGSSLROOTCERT: '/backups/other.crt' },
          'certificate verify failed',
          "The authority in PGSSLROOTCERT has not signed the server's certificate",
        ));
      test('another name', () =>
        refused(
          { PGSSLMODE: 'verify-full', PGSSLROOTCERT: '/backups/server.crt' },
          'does not match host name',
          "Connect by a name that the server's certificate has",
        ));
      test('no encryption where the server demands it', () =>
        refused({ PGSSLMODE: 'disable' }, 'no pg_hba.conf entry', "Let the server's pg_hba.conf admit this role"));
      test('the right authority', async () => {
        // With status 3: the container that looks at secrets does not see the share, and so not the authority.
        const { status, stderr } = await instance.backup({
          PGSSLMODE: 'verify-ca',
          PGSSLROOTCERT: '/backups/server.crt',
        });
        expect({ status, stderr }).toEqual({
          status: 3,
          stderr: expect.stringContaining('root certificate file "/backups/server.crt" does not exist'),
        });
        expect(instance.dumps()).toHaveLength(1);
      });
    });
  },
);
