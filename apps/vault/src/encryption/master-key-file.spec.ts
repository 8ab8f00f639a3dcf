import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type MasterKey, readMasterKey } from './master-key-file.ts';

const bytes = randomBytes(32);
let folder = '';

beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'master-key-'));
});

afterAll(() => {
  fs.rmSync(folder, { recursive: true });
});

function readFile(contents: string, rights = 0o600, mode: 'private' | 'any' = 'private'): MasterKey {
  const file = path.join(folder, 'master.key');
  fs.writeFileSync(file, contents);
  fs.chmodSync(file, rights);
  return readMasterKey({ path: file, mode });
}

function reasonOf(result: MasterKey): string {
  return result.ok ? 'it was taken' : result.reason;
}

describe('readMasterKey', () => {
  it.each(['', '\n', '\r\n', '  \n'])('reads 32 bytes in base64 followed by %j', (end) => {
    const result = readFile(bytes.toString('base64') + end);
    expect(result.ok && result.key.export()).toEqual(bytes);
  });

  it.each([
    ['16 bytes', randomBytes(16).toString('base64'), 'holds 16 bytes in base64, not 32'],
    ['33 bytes', randomBytes(33).toString('base64'), 'holds 33 bytes in base64, not 32'],
    ['nothing', '\n', 'holds 0 bytes in base64, not 32'],
    ['hex of 32 bytes', bytes.toString('hex'), 'holds 48 bytes in base64, not 32'],
    ['raw bytes', bytes.toString('latin1'), 'does not hold base64 and nothing else'],
    ['two keys', `${bytes.toString('base64')}\n${bytes.toString('base64')}`, 'does not hold base64 and nothing else'],
    ['base64 of URLs', `${'-_'.repeat(21)}A=`, 'does not hold base64 and nothing else'],
    ['a big file', 'A'.repeat(1025), 'has 1025 bytes; 32 bytes in base64 are expected'],
  ])('refuses a file with %s and says why', (_name, contents, reason) => {
    expect(reasonOf(readFile(contents))).toBe(`${path.join(folder, 'master.key')} ${reason}`);
  });

  it('never repeats what the file holds', () => {
    const contents = `${bytes.toString('base64')} and more`;
    expect(reasonOf(readFile(contents))).not.toContain(bytes.toString('base64').slice(0, 8));
  });

  it.each([0o640, 0o604, 0o620, 0o666, 0o601])('refuses rights %o for others in production', (rights) => {
    expect(reasonOf(readFile(bytes.toString('base64'), rights))).toMatch(
      /is open to its group or to others \(mode 0\d{3}\); chmod 600 it$/,
    );
  });

  it('leaves the rights to the developer in development', () => {
    expect(readFile(bytes.toString('base64'), 0o644, 'any').ok).toBe(true);
  });

  it('takes a file that only its owner can read', () => {
    expect(readFile(bytes.toString('base64'), 0o400).ok).toBe(true);
  });

  it('says which file is missing, or is none', () => {
    const missing = path.join(folder, 'missing.key');
    expect(reasonOf(readMasterKey({ path: missing, mode: 'any' }))).toBe(`${missing} cannot be read (ENOENT)`);
    expect(reasonOf(readMasterKey({ path: folder, mode: 'any' }))).toBe(`${folder} is not a file`);
  });
});
