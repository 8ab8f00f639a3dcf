import { promisify } from 'node:util';
import { constants, gzip, unzip, zstdCompress, zstdDecompress } from 'node:zlib';
import kafkajs from 'kafkajs';
import { compressFrame, decompressFrame } from 'lz4-napi';
import snappy from 'snappyjs';

const { CompressionCodecs, CompressionTypes } = kafkajs;

/** Bytes that a batch may have unpacked. The broker takes 1.1 MiB packed (contracts' topics.ts), and JSON packs 5 to 12 times. */
export const MAX_UNPACKED_BYTES = 16 * 1_048_576;

/** A batch that is over the bound. It was not unpacked further than that. */
export class TooLargeUnpacked extends Error {
  constructor() {
    super(`unpacked it has over ${MAX_UNPACKED_BYTES} bytes`);
  }
}

interface Codec {
  readonly compress: (buffer: Buffer) => Promise<Buffer>;
  readonly decompress: (buffer: Buffer) => Promise<Buffer>;
}

// zlib's own first guess of 16 KiB makes a thousand pieces of a large batch.
const PIECE_BYTES = 262_144;
// A frame may ask for a window of 128 MiB; what is under the bound needs none larger than the bound.
const ZSTD = {
  maxOutputLength: MAX_UNPACKED_BYTES,
  chunkSize: PIECE_BYTES,
  params: { [constants.ZSTD_d_windowLogMax]: Math.log2(MAX_UNPACKED_BYTES) },
};

/** By kafkajs' numbers. It knows gzip only, and without a bound; producers in other languages send all of these. */
const CODECS: Readonly<Record<number, Codec>> = {
  [CompressionTypes.GZIP]: {
    compress: (buffer) => promisify(gzip)(buffer),
    decompress: (buffer) => bounded(promisify(unzip)(buffer, { maxOutputLength: MAX_UNPACKED_BYTES, chunkSize: PIECE_BYTES })),
  },
  [CompressionTypes.Snappy]: {
    compress: (buffer) => Promise.resolve(snappy.compress(buffer)),
    decompress: async (buffer) => Promise.resolve(unsnap(buffer)),
  },
  [CompressionTypes.LZ4]: {
    compress: (buffer) => compressFrame(buffer),
    decompress: async (buffer) => {
      if (mostBytesOfLz4(buffer) > MAX_UNPACKED_BYTES) throw new TooLargeUnpacked();
      return decompressFrame(buffer);
    },
  },
  [CompressionTypes.ZSTD]: {
    compress: (buffer) => promisify(zstdCompress)(buffer),
    decompress: (buffer) => bounded(promisify(zstdDecompress)(buffer, ZSTD)),
  },
};

/** Unpacks what a producer packed with the codec of that number (kafkajs' CompressionTypes). Rejects with TooLargeUnpacked at the bound. */
export async function unpack(type: number, buffer: Buffer): Promise<Buffer> {
  const codec = CODECS[type];
  if (codec === undefined) throw new Error(`there is no compression of number ${type}`);
  return codec.decompress(buffer);
}

/** Teaches kafkajs the same. Idempotent. */
export function registerCodecs(): void {
  for (const [type, { compress, decompress }] of Object.entries(CODECS)) {
    const codec = { compress: ({ buffer }: { readonly buffer: Buffer }) => compress(buffer), decompress };
    (CompressionCodecs as Record<string, unknown>)[type] = () => codec;
  }
}

async function bounded(unpacked: Promise<Buffer>): Promise<Buffer> {
  try {
    return await unpacked;
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? new TooLargeUnpacked() : error;
  }
}

// Java's producers wrap snappy blocks in xerial's stream format; librdkafka and franz-go send one bare block.
const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const XERIAL_HEADER_BYTES = 16;

function unsnap(buffer: Buffer): Buffer {
  const isStream = buffer.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC);
  const blocks = isStream ? xerialBlocks(buffer) : [buffer];
  // A block begins with its size unpacked.
  if (blocks.reduce((sum, block) => sum + unsignedVarint(block), 0) > MAX_UNPACKED_BYTES) throw new TooLargeUnpacked();
  const unpacked = blocks.map((block) => snappy.uncompress(block));
  return unpacked.length === 1 ? (unpacked[0] ?? buffer) : Buffer.concat(unpacked);
}

function xerialBlocks(buffer: Buffer): Buffer[] {
  const blocks: Buffer[] = [];
  for (let at = XERIAL_HEADER_BYTES; at + 4 <= buffer.length;) {
    const size = buffer.readUInt32BE(at);
    blocks.push(buffer.subarray(at + 4, at + 4 + size));
    at += 4 + size;
  }
  return blocks;
}

function unsignedVarint(buffer: Buffer): number {
  let value = 0;
  for (let at = 0; at < 5; at++) {
    const byte = buffer[at] ?? 0;
    value += (byte & 0x7f) * 2 ** (7 * at);
    if (byte < 0x80) break;
  }
  return value;
}

// LZ4 frame format 1.6: magic, flags, block size, then optionally the content's size and a dictionary id, then a checksum byte.
const LZ4_MAGIC_BYTES = 4;
const LZ4_BLOCK_CHECKSUM = 0x10;
const LZ4_CONTENT_SIZE = 0x08;
const LZ4_DICTIONARY = 0x01;
const LZ4_STORED = 0x80000000;
// A match of LZ4 cannot make more than 255 bytes of one.
const LZ4_BEST_RATIO = 255;

/** The most bytes a frame can unpack to, by its blocks' sizes: the content's size is optional, and Java's client leaves it out. */
function mostBytesOfLz4(frame: Buffer): number {
  const flags = frame[LZ4_MAGIC_BYTES] ?? 0;
  const blockBytes = 256 * 4 ** (((frame[LZ4_MAGIC_BYTES + 1] ?? 0) >> 4) & 7);
  let at = LZ4_MAGIC_BYTES + 3 + ((flags & LZ4_CONTENT_SIZE) === 0 ? 0 : 8) + ((flags & LZ4_DICTIONARY) === 0 ? 0 : 4);
  let most = 0;
  while (at + 4 <= frame.length) {
    const field = frame.readUInt32LE(at);
    if (field === 0) break;
    const size = field & ~LZ4_STORED;
    most += field >= LZ4_STORED ? size : Math.min(blockBytes, size * LZ4_BEST_RATIO);
    at += 4 + size + ((flags & LZ4_BLOCK_CHECKSUM) === 0 ? 0 : 4);
  }
  return most;
}
