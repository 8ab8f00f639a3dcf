import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Problem } from '@hookwright/runtime';
import { freePort } from '@hookwright/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { AWS_CREDENTIALS, AWS_REGION, awsKeyArn, startAwsKmsFake } from '../../spec/aws-kms.fake.ts';
import { GCP_CRYPTO_KEY, type GcpKmsFake, startGcpKmsFake } from '../../spec/gcp-kms.fake.ts';
import type { KmsFake } from '../../spec/kms.fake.ts';
import { startTransitFake, type TransitFake } from '../../spec/transit.fake.ts';
import { DecryptError } from '../decrypt-error.ts';
import type { KeyProvider, WrappedKey } from '../key-provider.ts';
import { AwsKmsKeyProvider } from './aws-kms.ts';
import { GcpKmsKeyProvider } from './gcp-kms.ts';
import { TransitKeyProvider } from './transit.ts';

const AAD = Buffer.from('app_1 sec_1');

let transit: TransitFake;
let aws: KmsFake;
let gcp: GcpKmsFake;
let folder: string;
let tokenFile: string;
const open: KeyProvider[] = [];

beforeAll(async () => {
  [transit, aws, gcp] = await Promise.all([startTransitFake(), startAwsKmsFake(), startGcpKmsFake()]);
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'transit-'));
  tokenFile = path.join(folder, 'token');
  fs.writeFileSync(tokenFile, `${transit.token}\n`);
});

afterEach(() => {
  for (const fake of [transit, aws, gcp]) fake.mode = 'well';
  for (const provider of open.splice(0)) provider.close();
});

afterAll(async () => {
  await Promise.all([transit, aws, gcp].map((fake) => fake.stop()));
  fs.rmSync(folder, { recursive: true });
});

function toClose<Provider extends KeyProvider>(provider: Provider): Provider {
  open.push(provider);
  return provider;
}

function transitAt(address: string, key = 'hookwright', file = tokenFile): KeyProvider {
  return toClose(new TransitKeyProvider({ address, mount: 'transit', key, tokenFile: file }));
}

async function awsAt(endpoint: string, name = 'one'): Promise<KeyProvider> {
  return toClose(await AwsKmsKeyProvider.open({ arn: awsKeyArn(name), region: AWS_REGION, endpoint, credentials: AWS_CREDENTIALS }));
}

async function gcpAt(endpoint: string, cryptoKey = GCP_CRYPTO_KEY): Promise<KeyProvider> {
  return toClose(await GcpKmsKeyProvider.open({ cryptoKey, endpoint }));
}

async function failureOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => 'it worked',
    (reason: unknown) => reason,
  );
  if (error instanceof DecryptError) return error.failure;
  return error instanceof Problem ? error.code : String(error);
}

function flipped({ keyId, bytes }: WrappedKey, at: number): WrappedKey {
  const changed = new Uint8Array(bytes);
  changed[at]! ^= 1;
  return { keyId, bytes: changed };
}

const PROVIDERS = [
  {
    name: 'HashiCorp Vault transit',
    fake: () => transit,
    at: (url: string) => Promise.resolve(transitAt(url)),
    keyId: /^transit:transit\/hookwright:v1$/,
  },
  { name: 'AWS KMS', fake: () => aws, at: (url: string) => awsAt(url), keyId: /^aws-kms:arn:aws:kms:eu-central-1:123456789012:key\/one$/ },
  {
    name: 'Google Cloud KMS',
    fake: () => gcp,
    at: (url: string) => gcpAt(url),
    keyId: /^gcp-kms:projects\/shop-1\/.*\/cryptoKeyVersions\/1$/,
  },
];

describe.each(PROVIDERS)('a master key in $name, as its fake has it', ({ fake, at, keyId }) => {
  const provider = (): Promise<KeyProvider> => at(fake().url);

  it('unwraps what it wrapped, and says which key that was', async () => {
    const keys = await provider();
    const dataKey = randomBytes(32);
    const wrapped = await keys.wrap(dataKey, AAD);
    expect(Buffer.from(wrapped.bytes).includes(dataKey)).toBe(false);
    expect(wrapped.keyId).toMatch(keyId);
    expect(await keys.currentKeyId()).toBe(wrapped.keyId);
    expect(keys.owns(wrapped.keyId)).toBe(true);
    expect(await keys.unwrap(wrapped, AAD)).toEqual(dataKey);
  });

  it('does not unwrap with another aad, nor what was changed', async () => {
    const keys = await provider();
    const wrapped = await keys.wrap(randomBytes(32), AAD);
    expect(await failureOf(keys.unwrap(wrapped, Buffer.from('app_1 sec_2')))).toBe('not_authentic');
    expect(await failureOf(keys.unwrap(flipped(wrapped, wrapped.bytes.length - 8), AAD))).toMatch(/^(not_authentic|malformed)$/);
    expect(await failureOf(keys.unwrap(flipped(wrapped, 0), AAD))).toMatch(/^(not_authentic|malformed)$/);
  });

  it('goes on with what an older version of the key wrapped', async () => {
    const keys = await provider();
    const dataKey = randomBytes(32);
    const wrapped = await keys.wrap(dataKey, AAD);
    fake().rotate();
    expect(await keys.unwrap(wrapped, AAD)).toEqual(dataKey);
  });

  it.each(['refusing', 'hanging'] as const)('is service_unavailable within 2 s while the service is %s', async (mode) => {
    const keys = await provider();
    const wrapped = await keys.wrap(randomBytes(32), AAD);
    fake().mode = mode;
    const began = Date.now();
    const calls = [keys.wrap(randomBytes(32), AAD), keys.unwrap(wrapped, AAD), keys.currentKeyId()];
    for (const call of calls) expect(await failureOf(call)).toBe('service_unavailable');
    expect(Date.now() - began).toBeLessThan(2000);
  });

  it('is service_unavailable within 2 s while nobody listens there', async () => {
    const keys = await at(`http://127.0.0.1:${await freePort()}`);
    const began = Date.now();
    expect(await failureOf(keys.wrap(randomBytes(32), AAD))).toBe('service_unavailable');
    expect(Date.now() - began).toBeLessThan(2000);
  });
});

describe('HashiCorp Vault transit', () => {
  const version = async (keys: KeyProvider): Promise<number> => Number((await keys.currentKeyId()).split(':v')[1]);

  it('names the version of the key that wrapped', async () => {
    const keys = transitAt(transit.url);
    const before = await version(keys);
    transit.rotate();
    expect(await version(keys)).toBe(before + 1);
  });

  it('reads the token again when it is refused', async () => {
    const keys = transitAt(transit.url);
    await keys.currentKeyId();
    transit.token = 'hvs.second';
    expect(await failureOf(keys.currentKeyId())).toBe('service_unavailable');
    fs.writeFileSync(tokenFile, transit.token);
    await keys.currentKeyId();
  });

  it('waits for a token file that is not there yet', async () => {
    const later = path.join(folder, 'later');
    const keys = transitAt(transit.url, 'hookwright', later);
    expect(await failureOf(keys.currentKeyId())).toBe('service_unavailable');
    fs.writeFileSync(later, transit.token);
    await keys.currentKeyId();
  });

  it('sends no token that would not be one header', async () => {
    const strange = path.join(folder, 'strange');
    fs.writeFileSync(strange, 'hvs.first\r\nx-vault-namespace: other');
    const asked = transit.calls.length;
    expect(await failureOf(transitAt(transit.url, 'hookwright', strange).currentKeyId())).toBe('service_unavailable');
    expect(transit.calls).toHaveLength(asked);
  });

  it('tells a version that may not decrypt any more, and a key that is gone, from a changed byte', async () => {
    const keys = transitAt(transit.url);
    const wrapped = await keys.wrap(randomBytes(32), AAD);
    transit.rotate();
    transit.minVersion = Number(wrapped.keyId.split(':v')[1]) + 1;
    expect(await failureOf(keys.unwrap(wrapped, AAD))).toBe('unknown_key');
    transit.minVersion = 1;
    const gone = transitAt(transit.url, 'gone');
    expect(await failureOf(gone.unwrap({ ...wrapped, keyId: wrapped.keyId.replace('hookwright', 'gone') }, AAD))).toBe('unknown_key');
  });

  it('does not unwrap what says another version than its row', async () => {
    const keys = transitAt(transit.url);
    const wrapped = await keys.wrap(randomBytes(32), AAD);
    expect(await failureOf(keys.unwrap({ ...wrapped, keyId: 'transit:transit/hookwright:v99' }, AAD))).toBe('malformed');
  });
});

describe('AWS KMS', () => {
  it("does not unwrap another key's work, whichever key the row names", async () => {
    const [one, two] = await Promise.all([awsAt(aws.url, 'one'), awsAt(aws.url, 'two')]);
    const wrapped = await one.wrap(randomBytes(32), AAD);
    const { keyId } = await two.wrap(randomBytes(32), AAD);
    expect(two.owns(wrapped.keyId)).toBe(false);
    expect(await failureOf(two.unwrap(wrapped, AAD))).toBe('unknown_key');
    expect(await failureOf(two.unwrap({ ...wrapped, keyId }, AAD))).toBe('unknown_key');
  });
});

describe('Google Cloud KMS', () => {
  afterEach(() => {
    gcp.corruption = 'none';
  });

  it('names the version of the key that wrapped', async () => {
    const keys = await gcpAt(gcp.url);
    const before = await keys.currentKeyId();
    gcp.rotate();
    expect(await keys.currentKeyId()).not.toBe(before);
  });

  it.each(['answer', 'unverified'] as const)('stores nothing that was corrupted on its way (%s)', async (corruption) => {
    const keys = await gcpAt(gcp.url);
    gcp.corruption = corruption;
    expect(await failureOf(keys.wrap(randomBytes(32), AAD))).toBe('service_unavailable');
  });

  it('opens nothing with a data key that was corrupted on its way', async () => {
    const keys = await gcpAt(gcp.url);
    const wrapped = await keys.wrap(randomBytes(32), AAD);
    gcp.corruption = 'answer';
    expect(await failureOf(keys.unwrap(wrapped, AAD))).toBe('service_unavailable');
  });
});
