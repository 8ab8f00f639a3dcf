import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TestAuthority } from '@hookwright/testkit';
import { type CertificateFiles, readCertificates } from './certificates.ts';

let authority: TestAuthority;
let good: CertificateFiles;

function written(name: string, contents: string | Buffer): string {
  const file = path.join(authority.directory, name);
  fs.writeFileSync(file, contents);
  return file;
}

beforeAll(() => {
  authority = new TestAuthority();
  good = authority.issue({ name: 'vault', subjects: 'DNS:vault' }).files;
});
afterAll(() => authority.remove());

describe("a service's certificates", () => {
  it('are read with their end', async () => {
    const read = await readCertificates(good, 'vault');
    if (!read.ok) throw new Error(read.reason);
    expect(read.certificates.ca.toString()).toBe(authority.pem);
    expect(read.certificates.expiresAt.getTime() - Date.now()).toBeGreaterThan(86_400_000);
  });

  it('are read although they ran out', async () => {
    const { files } = authority.issue({ name: 'late', subjects: 'DNS:vault', days: -1 });
    expect(await readCertificates(files, 'vault')).toMatchObject({ ok: true });
  });

  const key = (): string => fs.readFileSync(good.key, 'latin1');
  it.each<[string, () => Partial<CertificateFiles>, string]>([
    ['a file that is missing', () => ({ cert: '/nowhere/cert.pem' }), '/nowhere/cert.pem cannot be read (ENOENT)'],
    ['a folder', () => ({ ca: authority.directory }), 'is not a file of at most 65536 bytes'],
    ['a file that is too large', () => ({ cert: written('large', Buffer.alloc(65_537)) }), 'is not a file of at most 65536 bytes'],
    ['an authority that is none', () => ({ ca: written('none', 'none') }), 'does not hold a certificate in PEM'],
    ['an empty authority', () => ({ ca: written('empty', '') }), 'does not hold a certificate in PEM'],
    ['a certificate in place of the key', () => ({ key: good.cert }), 'does not hold a private key without a passphrase in PEM'],
    ['a key with a passphrase', () => ({ key: encrypted() }), 'does not hold a private key without a passphrase in PEM'],
    [
      "another certificate's key",
      () => ({ key: authority.issue({ name: 'other', subjects: 'DNS:vault' }).files.key }),
      'is not the key of',
    ],
    [
      "another service's certificate",
      () => authority.issue({ name: 'gateway', subjects: 'DNS:gateway' }).files,
      'is not for the DNS name vault',
    ],
    [
      'a certificate that names it as its subject only',
      () => authority.issue({ name: 'vault-subject', subjects: 'IP:127.0.0.1' }).files,
      'is not for',
    ],
    [
      'a certificate for every name',
      () => authority.issue({ name: 'wild', subjects: 'DNS:*,DNS:v*,DNS:*.svc' }).files,
      'is not for the DNS name vault',
    ],
  ])('are refused with %s, and nothing of them is repeated', async (_name, change, reason) => {
    const read = await readCertificates({ ...good, ...change() }, 'vault');
    expect(read).toMatchObject({ ok: false, reason: expect.stringContaining(reason) });
    for (const line of key()
      .split('\n')
      .filter((text) => text.length > 20 && !text.startsWith('---'))) {
      expect(JSON.stringify(read)).not.toContain(line);
    }
  });

  function encrypted(): string {
    const file = path.join(authority.directory, 'encrypted.key');
    execFileSync('openssl', ['pkcs8', '-topk8', '-in', good.key, '-out', file, '-passout', 'pass:secret'], { stdio: 'pipe' });
    return file;
  }
});
