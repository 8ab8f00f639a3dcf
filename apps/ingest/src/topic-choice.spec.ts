import { describe, expect, it } from '@jest/globals';
import { parseEnv } from '@hookwright/runtime';
import { ingestEnv } from './env.ts';
import { chosenTopics, parseTopicChoice } from './topic-choice.ts';

function choose(text: string, existing: string[]): string[] {
  const parsed = parseTopicChoice(text);
  if (!parsed.ok) throw new Error(parsed.fault);
  return chosenTopics(parsed.choice, existing);
}

describe('MERCHANT_TOPICS', () => {
  const EXISTING = [
    'merchant.orders',
    'merchant.payments',
    'merchant.orders.dead',
    'legacy.events',
    'webhook.deliveries',
    '__consumer_offsets',
  ];

  it.each([
    ['a list', 'merchant.orders, legacy.events', ['legacy.events', 'merchant.orders']],
    ['a pattern', '/^merchant\\.[a-z0-9_-]+$/', ['merchant.orders', 'merchant.payments']],
    ['both', 'legacy.events,/^merchant\\.p/', ['legacy.events', 'merchant.payments']],
    ['a pattern with a comma', '/^merchant\\.[a-z]{1,6}$/', ['merchant.orders']],
    ['a name that does not exist yet', 'merchant.refunds,merchant.orders', ['merchant.orders']],
  ])('reads %s', (_what, text, topics) => {
    expect(choose(text, EXISTING)).toEqual(topics);
  });

  it('never reads dead letters, the broker’s topics or Hookwright’s own, whatever the pattern catches', () => {
    expect(choose('/.*/', EXISTING)).toEqual(['legacy.events', 'merchant.orders', 'merchant.payments']);
  });

  it.each(['', ' , ', '/[/', '/unclosed', 'two words', 'merchant.orders.dead', 'webhook.deliveries'])('refuses %j', (text) => {
    expect(parseTopicChoice(text).ok).toBe(false);
  });

  it('is checked when the service starts', () => {
    const env = { HTTP_PORT: '0', KAFKA_BROKERS: '127.0.0.1:9092', MERCHANT_TOPICS: '/[/' };
    expect(parseEnv(ingestEnv, env)).toEqual({ ok: false, faults: ['MERCHANT_TOPICS: /[/ is not a regular expression'] });
  });

  it('is every merchant topic by default', () => {
    const read = parseEnv(ingestEnv, { HTTP_PORT: '0', KAFKA_BROKERS: '127.0.0.1:9092' });
    expect(read.ok && chosenTopics(read.env.MERCHANT_TOPICS, EXISTING)).toEqual(['merchant.orders', 'merchant.payments']);
  });
});
