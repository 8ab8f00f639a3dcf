import { describe, expect, it } from '@jest/globals';
import { kafkaAnswers, postgresAnswers, redisAnswers } from '@hookwright/local';
import { uniqueName } from './unique-name.ts';
import { createTopics, useStores } from './stores.ts';

describe('the stores of a test run', () => {
  it('answer, each a real server', async () => {
    const { kafkaBrokers, postgresUrl, redisUrl } = await useStores();
    await expect(kafkaAnswers(kafkaBrokers)).resolves.toBeUndefined();
    await expect(postgresAnswers(postgresUrl)).resolves.toBeUndefined();
    await expect(redisAnswers(redisUrl)).resolves.toBeUndefined();
  });

  it('are the same for everyone who asks', async () => {
    expect(await useStores()).toEqual(await useStores());
  });

  it('get topics on demand, once', async () => {
    const topics = [{ topic: uniqueName('topic'), partitions: 2, config: {} }];
    await createTopics(topics);
    await expect(createTopics(topics)).resolves.toBeUndefined();
  });
});
