import { describe, expect, it } from '@jest/globals';
import { deadTopic, merchantTopicSettings, TOPIC_SETTINGS, TOPICS } from './topics.ts';

describe('topics', () => {
  it('has settings for every topic of our own, once', () => {
    const topics = TOPIC_SETTINGS.map(({ topic }) => topic);
    expect(new Set(topics).size).toBe(topics.length);
    expect(topics).toEqual(expect.arrayContaining(Object.values(TOPICS)));
  });

  it('keeps snapshots by key and facts by time', () => {
    const policyOf = (topic: string): string | undefined => TOPIC_SETTINGS.find((one) => one.topic === topic)?.config['cleanup.policy'];
    for (const topic of [TOPICS.endpoints, TOPICS.installations, TOPICS.eventTypes, TOPICS.secrets])
      expect(policyOf(topic)).toBe('compact');
    for (const topic of [TOPICS.lifecycle, TOPICS.deliveries, TOPICS.endpointSignals, TOPICS.audit]) expect(policyOf(topic)).toBe('delete');
  });

  it('keeps dead letters longer than what died', () => {
    const [live, dead] = merchantTopicSettings('merchant.orders');
    expect(dead?.topic).toBe(deadTopic('merchant.orders'));
    expect(Number(dead?.config['retention.ms'])).toBeGreaterThan(Number(live?.config['retention.ms']));
  });
});
