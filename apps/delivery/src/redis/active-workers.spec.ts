import { eventually, uniqueName, useStores } from '@hookwright/testkit';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { ActiveWorkers } from './active-workers.ts';

let redis: Redis;

beforeAll(async () => {
  const { redisUrl } = await useStores(['redis']);
  redis = new Redis(redisUrl);
});

afterAll(() => redis.disconnect());

it('counts who has begun and not stopped', async () => {
  const key = uniqueName();
  const [first, second] = [new ActiveWorkers(redis, key), new ActiveWorkers(redis, key)];
  await first.start();
  expect(first.count).toBe(1);
  await second.start();
  expect(second.count).toBe(2);
  await eventually(() => expect(first.count).toBe(2), { timeoutMs: 5000 });
  await second.stop();
  await eventually(() => expect(first.count).toBe(1), { timeoutMs: 5000 });
  await first.stop();
});

it('does not count one that has said nothing for long', async () => {
  const key = uniqueName();
  await redis.zadd(key, 1, 'killed');
  const worker = new ActiveWorkers(redis, key);
  await worker.start();
  expect(worker.count).toBe(1);
  expect(await redis.zscore(key, 'killed')).toBeNull();
  await worker.stop();
});

it('keeps the last known number while Redis is away', async () => {
  const key = uniqueName();
  const own = redis.duplicate();
  const [first, second] = [new ActiveWorkers(redis, key), new ActiveWorkers(own, key)];
  await first.start();
  await second.start();
  own.disconnect();
  await second.start();
  expect(second.count).toBe(2);
  await second.stop();
  await first.stop();
});
