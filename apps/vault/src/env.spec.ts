import { parseEnv } from '@hookwright/runtime';
import { describe, expect, it } from '@jest/globals';
import { vaultEnv } from './env.ts';

const BASE = {
  HTTP_PORT: '0',
  GRPC_PORT: '0',
  HOST: '127.0.0.1',
  GRPC_TLS: 'off',
  DATABASE_URL: 'postgresql://127.0.0.1/vault',
  KAFKA_BROKERS: '127.0.0.1:9092',
};
const FILE = { MASTER_KEY_FILE: '/keys/master.key' };

function faultsOf(env: Record<string, string>): string[] {
  const parsed = parseEnv(vaultEnv, { ...BASE, ...env });
  return parsed.ok ? [] : parsed.faults.map((fault) => fault.split(':')[0]!);
}

describe("the vault's environment", () => {
  it('wants one master key that wraps, from a file or by URI', () => {
    expect(faultsOf(FILE)).toEqual([]);
    expect(faultsOf({ MASTER_KEY_URI: 'transit://transit/hookwright' })).toEqual([]);
    expect(faultsOf({})).toEqual(['MASTER_KEY_FILE']);
    expect(faultsOf({ ...FILE, MASTER_KEY_URI: 'transit://transit/hookwright' })).toEqual(['MASTER_KEY_URI']);
  });

  it.each([
    ['MASTER_KEY_URI', 'aws-kms://alias/hookwright'],
    ['UNWRAP_KEY_URIS', 'file:///keys/old.key,/keys/older.key'],
  ])('takes no %s that names no key', (name, value) => {
    expect(faultsOf({ ...(name === 'UNWRAP_KEY_URIS' && FILE), [name]: value })).toEqual([name]);
  });

  it.each(['TRANSIT_ADDRESS', 'AWS_KMS_ENDPOINT', 'GCP_KMS_ENDPOINT'])(
    'has %s without TLS only on this machine, or in development',
    (name) => {
      const addresses = ['https://kms.example', 'http://127.0.0.1:8200', 'http://[::1]:8200', 'http://localhost:8200'];
      for (const address of addresses) expect(faultsOf({ ...FILE, [name]: address })).toEqual([]);
      expect(faultsOf({ ...FILE, [name]: 'http://kms.example' })).toEqual([name]);
      expect(faultsOf({ ...FILE, [name]: 'http://kms.example', HOOKWRIGHT_PROFILE: 'development' })).toEqual([]);
      for (const address of ['https://kms.example/v1', 'https://a:b@kms.example', 'kms.example:443']) {
        expect(faultsOf({ ...FILE, [name]: address })).toEqual([name]);
      }
    },
  );
});
