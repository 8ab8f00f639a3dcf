import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

const SCRIPT = path.join(import.meta.dirname, 'certificates.sh');
const SERVICES = ['gateway', 'registry', 'vault', 'delivery'];
const DAY_MS = 86_400_000;

let folder: string;

const run = (): string => execFileSync('sh', [SCRIPT, file('authority'), file('services')], { encoding: 'utf8', stdio: 'pipe' });
const file = (...names: string[]): string => path.join(folder, ...names);
const certificateOf = (service: string): X509Certificate => new X509Certificate(fs.readFileSync(file('services', service, 'cert.pem')));
const authority = (): X509Certificate => new X509Certificate(fs.readFileSync(file('authority', 'ca.pem')));
const serials = (): string[] => SERVICES.map((service) => certificateOf(service).serialNumber);

/** Puts one in its place that has so many days left. */
function age(service: string, days: number): void {
  const signed = ['-CA', file('authority', 'ca.pem'), '-CAkey', file('authority', 'ca.key'), '-CAcreateserial', '-days', String(days)];
  const key = file('services', service, 'key.pem');
  const request = execFileSync('openssl', ['req', '-new', '-key', key, '-subj', `/CN=${service}`], { stdio: 'pipe' });
  execFileSync('openssl', ['x509', '-req', ...signed, '-out', file('services', service, 'cert.pem')], { input: request, stdio: 'pipe' });
}

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'hookwright-certificates-'));
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

describe('deploy/docker/certificates.sh', () => {
  it('makes one for each service, for its name and no other, of one authority', () => {
    run();
    for (const service of SERVICES) {
      const certificate = certificateOf(service);
      expect(certificate.subjectAltName).toBe(`DNS:${service}`);
      expect(certificate.verify(authority().publicKey)).toBe(true);
      expect(certificate.ca).toBe(false);
      expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
      expect((certificate.validToDate.getTime() - Date.now()) / DAY_MS).toBeCloseTo(365, 0);
      expect(fs.readFileSync(file('services', service, 'ca.pem'), 'utf8')).toBe(authority().toString());
    }
    expect(authority().ca).toBe(true);
  });

  it("leaves the authority's key where it is and all keys to their owner alone", () => {
    run();
    for (const service of SERVICES) {
      expect(fs.readdirSync(file('services', service)).sort()).toEqual(['ca.pem', 'cert.pem', 'key.pem']);
      expect(fs.statSync(file('services', service, 'key.pem')).mode & 0o077).toBe(0);
    }
    expect(fs.statSync(file('authority', 'ca.key')).mode & 0o077).toBe(0);
  });

  it('leaves alone what has a third of its time left, and renews the rest', () => {
    run();
    const before = serials();
    expect(run()).toBe('');
    expect(serials()).toEqual(before);
    age('vault', 121);
    age('delivery', 123);
    const aged = serials();
    expect(run()).toBe('certificates: made one for vault\n');
    expect(serials().map((serial, at) => serial === aged[at])).toEqual([true, true, false, true]);
  });

  it('makes all anew for another authority, and ends what was broken off', () => {
    run();
    const before = serials();
    fs.rmSync(file('authority'), { recursive: true });
    fs.rmSync(file('services', 'vault', 'ca.pem'));
    run();
    expect(serials().filter((serial) => before.includes(serial))).toEqual([]);
    expect(run()).toBe('');
  });
});
