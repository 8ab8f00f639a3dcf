import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, uniqueName, useStores } from '@hookwright/testkit';
import kafkajs, { type Consumer } from 'kafkajs';
import snappy from 'snappyjs';
import { setting, type Setting } from './spec/setting.ts';

const { CompressionCodecs, CompressionTypes } = kafkajs;

/** Record batches of the same twelve messages as kcat 1.7 (librdkafka) and Java's client 4.1 sent them, without the batches' headers. */
const BATCHES: Readonly<Record<string, string>> = {
  'librdkafka gzip':
    'H4sIAAAAAAAAA2thZGBgYKyoVspMUbJSyi9KiTdQ0lEqLkksKS0GChQkAsV1lPLyS1KBvMMrSw6vRCOUahlagGYwoZhhSJYZLChmGJFlBhuKGcZkmcGBYoYJWWZwoZhhSpYZPChmmJFlBh+KGeZkmSGAYoYFWWYIoZhhSbIZbUAzRBirkNMY6QkVZIgYqiGkp1QAF4rbHjIDAAA=',
  'java gzip':
    'H4sIAAAAAAAA/2thZGBgYKyoVspMUbJSyi9KiTdQ0lEqLkksKS0GChQkAsV1lPLyS1KBvMMrSw6vRCOUahlaGBkUmFDMMCTLDBYUM4zIMoMNxQxjsszgQDHDhBwzlLhQzDAlywweFDPMyDKDD8UMc7LMEEAxw4IsM4RQzLAk2Yw2oBkijFXIaYz0hAoyRAzVENJTKgAGUjXPMgMAAA==',
  'librdkafka snappy':
    'sgbYhAEAAAABeHsiaWQiOiJvcmRfMCIsInN0YXR1cyI6InBhaWQiLCJub3RlIjoiw6l0w6nDqXTDqRkKCCJ9AAFEAAIyRAAAMdJEAAAEMkQAADLSRAAABjJEAAAz0kQAAAgyRAAANNJEAAAKMkQAADXSRAAADDJEAAA20kQAAA4yRAAAN9JEAAAQMkQAADjSRAAAEjJEAAA5wkQAGIYBAAAUAXpdqAAxxqkCAUUAFjZFAMaqAg==',
  'java snappy':
    'glNOQVBQWQAAAAABAAAAAQAAALayBtiEAQAAAAF4eyJpZCI6Im9yZF8wIiwic3RhdHVzIjoicGFpZCIsIm5vdGUiOiLDqXTDqcOpdMOpGQocIn0AhAEAYgIyRAAAMdJEAAAEMkQAADLSRAAABjJEAAAz0kQAAAgyRAAANNJEAAAKMkQAADXSRAAADDJEAAA20kQAAA4yRAAAN9JEAAAQMkQAADjSRAAAEjJEAAA5wkQAGIYBAGIUAXpdqAAxxqkCAUUAFjZFAMaqAg==',
  'librdkafka lz4':
    'BCJNGGBAgq0AAAD7I4QBAAAAAXh7ImlkIjoib3JkXzAiLCJzdGF0dXMiOiJwYWlkIiwibm90ZSI6IsOpdMOpBQAwIn0ARAAZAkQAHzFEACIZBEQAHzJEACIZBkQAHzNEACIZCEQAHzREACIZCkQAHzVEACIZDEQAHzZEACIZDkQAHzdEACIZEEQAHzhEACIZEkQAHzlEAB53hgEAABQBeqgCHzGpAh8ARQAaFkUAD6oCGlDDqSJ9AAAAAAA=',
  'java lz4':
    'BCJNGGBAgq4AAAD7I4QBAAAAAXh7ImlkIjoib3JkXzAiLCJzdGF0dXMiOiJwYWlkIiwibm90ZSI6IsOpdMOpBQCJIn0AhAEAQgJEAB8xRAAiGQREAB8yRAAiGQZEAB8zRAAiGQhEAB80RAAiGQpEAB81RAAiGQxEAB82RAAiGQ5EAB83RAAiGRBEAB84RAAiGRJEAB85RAAed4YBAEQUAXqoAh8xqQIfAEUAGhZFAA+qAhpQw6kifQAAAAAA',
  'librdkafka zstd':
    'KLUv/QBYjQQAlAWEAQAAAAF4eyJpZCI6Im9yZF8wIiwic3RhdHVzIjoicGFpZCIsIm5vdGUiOiLDqXTDqSJ9AIQBAAACMQQyBjMINAo1DDYONxA4EjmGAQAAFAF6MYYBAAAWMRcAQiSQIOusRGTAWEHEwCEC54GDCZwCjhM4GThE4DxwMIFTwHECJwOHCJwHDiY4xREOLugKFA==',
  'java zstd':
    'KLUv/QBYlAQApAWEAQAAAAF4eyJpZCI6Im9yZF8wIiwic3RhdHVzIjoicGFpZCIsIm5vdGUiOiLDqXTDqSJ9AIQBAHQCMXYEMgYzCDQKNQw2DjcQOBI5hgEAdhQBejGGAQB2FjEXAEIkkCDrrERkwFhBxMAhAueBgwmcAo4TOBk4ROA8cDCBU8BxAicDhwicFxwYONkRjijoyh4BAAA=',
};
const MESSAGES = Array.from({ length: 12 }, (_, at) => JSON.stringify({ id: `ord_${at}`, status: 'paid', note: 'été'.repeat(4) }));
const TYPES = { gzip: CompressionTypes.GZIP, snappy: CompressionTypes.Snappy, lz4: CompressionTypes.LZ4, zstd: CompressionTypes.ZSTD };
const CODECS = Object.keys(TYPES) as (keyof typeof TYPES)[];

interface Codec {
  compress(encoder: { buffer: Buffer }): Promise<Buffer>;
  decompress(buffer: Buffer): Promise<Buffer>;
}

function codecOf(name: string): Codec {
  const type = TYPES[(name.split(' ').at(-1) ?? '') as keyof typeof TYPES];
  return (CompressionCodecs as unknown as Record<number, () => Codec>)[type]!();
}

function hasKcat(): boolean {
  try {
    return execFileSync('kcat', ['-V'], { encoding: 'utf8' }).includes('kcat');
  } catch {
    return false;
  }
}

describe('codecs', () => {
  let at: Setting;
  const consumers: Consumer[] = [];

  beforeAll(async () => {
    at = setting((await useStores(['kafka'])).kafkaBrokers);
  });
  afterAll(async () => {
    await Promise.all(consumers.map((consumer) => consumer.disconnect()));
    await at.close();
  });

  async function valuesOf(topic: string): Promise<string[]> {
    const consumer = at.kafka.consumer({ groupId: uniqueName('group'), maxWaitTimeInMs: 200 });
    consumers.push(consumer);
    const values: string[] = [];
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({ eachMessage: ({ message }) => Promise.resolve(void values.push(String(message.value))) });
    return values;
  }

  it.each(Object.keys(BATCHES))('read what %s sends', async (name) => {
    const records = await codecOf(name).decompress(Buffer.from(BATCHES[name] ?? '', 'base64'));
    for (const message of MESSAGES) expect(records.includes(message)).toBe(true);
  });

  it.each(CODECS)('%s gives back what it took, also in many blocks', async (name) => {
    for (const buffer of [Buffer.alloc(0), Buffer.from('a'), randomBytes(300_000), Buffer.alloc(3_000_000, 'order ')]) {
      const codec = codecOf(name);
      expect((await codec.decompress(await codec.compress({ buffer }))).equals(buffer)).toBe(true);
    }
  });

  it('reads a Java stream of several snappy blocks', async () => {
    const parts = [randomBytes(32_768), Buffer.alloc(32_768, 'x'), Buffer.from('end')];
    const framed = parts.map((part) => {
      const block = snappy.compress(part);
      const size = Buffer.alloc(4);
      size.writeUInt32BE(block.length);
      return Buffer.concat([size, block]);
    });
    const header = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1]);
    const stream = Buffer.concat([header, ...framed]);
    expect((await codecOf('snappy').decompress(stream)).equals(Buffer.concat(parts))).toBe(true);
  });

  it.each(CODECS)('%s passes a real broker, which checks what it is sent', async (name) => {
    const topic = await at.topic();
    const producer = at.kafka.producer({ allowAutoTopicCreation: false });
    await producer.connect();
    await producer.send({ topic, compression: TYPES[name], messages: MESSAGES.map((value) => ({ value })) });
    await producer.disconnect();
    const values = await valuesOf(topic);
    await eventually(() => expect(values).toEqual(MESSAGES));
  });

  // The bytes above stand for kcat where there is none.
  (hasKcat() ? it : it.skip).each(CODECS)('%s from kcat over a real broker', async (name) => {
    const topic = await at.topic();
    execFileSync('kcat', ['-P', '-b', at.brokers.join(), '-t', topic, '-z', name, '-X', 'linger.ms=100'], { input: MESSAGES.join('\n') });
    const values = await valuesOf(topic);
    await eventually(() => expect(values).toEqual(MESSAGES));
  });
});
