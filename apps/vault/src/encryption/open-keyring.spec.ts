import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { awsKeyArn } from '../spec/aws-kms.fake.ts';
import { GCP_CRYPTO_KEY } from '../spec/gcp-kms.fake.ts';
import { type KeyringEnv, openKeyring } from './open-keyring.ts';

let folder: string;
let file: string;
let other: string;

beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'keyring-'));
  [file, other] = ['current.key', 'other.key'].map((name) => path.join(folder, name)) as [string, string];
  for (const name of [file, other]) fs.writeFileSync(name, randomBytes(32).toString('base64'), { mode: 0o600 });
});

afterAll(() => {
  fs.rmSync(folder, { recursive: true });
});

const production = (env: Partial<KeyringEnv>): KeyringEnv => ({ HOOKWRIGHT_PROFILE: 'production', UNWRAP_KEY_URIS: [], ...env });

async function currentKey(env: Partial<KeyringEnv>): Promise<string> {
  const opened = await openKeyring(production(env));
  if (!opened.ok) throw new Error(opened.faults.join('; '));
  return await opened.keyring.currentKeyId();
}

async function faultsOf(env: Partial<KeyringEnv>): Promise<readonly string[]> {
  const opened = await openKeyring(production(env));
  return opened.ok ? ['it was opened'] : opened.faults;
}

describe('openKeyring', () => {
  it('wraps with the file, or the URI, and knows the further keys', async () => {
    const keyId = await currentKey({ MASTER_KEY_FILE: file });
    expect(await currentKey({ MASTER_KEY_URI: `file://${file}` })).toBe(keyId);
    const opened = await openKeyring(production({ MASTER_KEY_FILE: other, UNWRAP_KEY_URIS: [`file://${file}`] }));
    expect(opened.ok && opened.keyring.owns(keyId)).toBe(true);
    expect(opened.ok && (await opened.keyring.currentKeyId())).not.toBe(keyId);
  });

  it('opens keys of every kind without asking their services', async () => {
    const opened = await openKeyring(
      production({
        MASTER_KEY_URI: `aws-kms://${awsKeyArn('one')}`,
        UNWRAP_KEY_URIS: [`gcp-kms://${GCP_CRYPTO_KEY}`, 'transit://transit/hookwright', `file://${file}`],
        TRANSIT_ADDRESS: 'https://vault.example:8200',
        TRANSIT_TOKEN_FILE: path.join(folder, 'none'),
      }),
    );
    if (!opened.ok) throw new Error(opened.faults.join('; '));
    const { keyring } = opened;
    const keyIds = [
      `aws-kms:${awsKeyArn('one')}`,
      `gcp-kms:${GCP_CRYPTO_KEY}/cryptoKeyVersions/7`,
      'transit:transit/hookwright:v7',
      `aws-kms:${awsKeyArn('two')}`,
    ];
    expect(keyIds.map((keyId) => keyring.owns(keyId))).toEqual([true, true, true, false]);
    keyring.close();
  });

  it('names every variable whose key cannot be had', async () => {
    fs.chmodSync(other, 0o644);
    const faults = await faultsOf({
      MASTER_KEY_FILE: path.join(folder, 'missing.key'),
      UNWRAP_KEY_URIS: [`file://${other}`, 'transit://transit/hookwright'],
    });
    fs.chmodSync(other, 0o600);
    expect(faults).toEqual([
      `MASTER_KEY_FILE: ${folder}/missing.key cannot be read (ENOENT)`,
      expect.stringMatching(/^UNWRAP_KEY_URIS: .*other\.key is open to its group or to others/),
      'UNWRAP_KEY_URIS: needs TRANSIT_ADDRESS and TRANSIT_TOKEN_FILE',
    ]);
  });
});
