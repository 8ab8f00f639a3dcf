import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from '@jest/globals';

const directory = mkdtempSync(join(tmpdir(), 'hookwright-tls-'));

let authority = '';

beforeAll(() => {
  openssl('req', '-x509', ...newKey('ca'), '-out', 'ca.pem', '-subj', '/CN=Hookwright test authority', '-days', '2');
  authority = readFileSync(join(directory, 'ca.pem'), 'utf8');
});

afterAll(() => rmSync(directory, { recursive: true }));

export interface Certificate {
  readonly key: Buffer;
  readonly cert: Buffer;
}

/** The certificate of the authority that signs certificate()s, as PEM. Not before the tests begin. */
export function testAuthority(): string {
  return authority;
}

/** A certificate for names such as `DNS:hooks.example`, signed by the test's authority. */
export function certificate({ name, subjects, days }: { name: string; subjects: string; days: number }): Certificate {
  openssl('req', ...newKey(name), '-out', `${name}.csr`, '-subj', `/CN=${name}`, '-addext', `subjectAltName=${subjects}`);
  const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-copy_extensions', 'copy', '-days', String(days)];
  openssl('x509', '-req', '-in', `${name}.csr`, ...signed, '-out', `${name}.pem`);
  return read(name);
}

export function selfSigned(host: string): Certificate {
  openssl(
    'req',
    '-x509',
    ...newKey('self'),
    '-out',
    'self.pem',
    '-subj',
    '/CN=self',
    '-addext',
    `subjectAltName=DNS:${host}`,
    '-days',
    '2',
  );
  return read('self');
}

function read(name: string): Certificate {
  return { key: readFileSync(join(directory, `${name}.key`)), cert: readFileSync(join(directory, `${name}.pem`)) };
}

function openssl(...args: string[]): void {
  execFileSync('openssl', args, { cwd: directory, stdio: 'pipe' });
}

function newKey(name: string): string[] {
  return ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', `${name}.key`];
}
