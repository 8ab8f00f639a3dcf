import { parseEnv } from '@hookwright/runtime';
import { describe, expect, it } from '@jest/globals';
import { deliveryEnv } from './env.ts';

const REQUIRED = {
  HTTP_PORT: '8084',
  GRPC_PORT: '9084',
  GRPC_TLS: 'off',
  DATABASE_URL: 'postgres://localhost/delivery',
  KAFKA_BROKERS: 'localhost:9092',
  REDIS_URL: 'redis://localhost',
  VAULT_ADDRESS: 'localhost:9082',
};
const isTaken = (schedule?: string): boolean => parseEnv(deliveryEnv, { ...REQUIRED, RETRY_SCHEDULE_SECONDS: schedule }).ok;

describe('a retry schedule', () => {
  it.each([
    ['the default', undefined, true],
    ['of 7 days, were each pause a fifth longer', '504000', true],
    ['of a second more', '504001', false],
    ['of pauses that are too long only together', '302400,302400', false],
    ['of none', ',', false],
  ])('%s, is taken: %p → %p', (_name, schedule, taken) => {
    expect(isTaken(schedule)).toBe(taken);
  });
});
