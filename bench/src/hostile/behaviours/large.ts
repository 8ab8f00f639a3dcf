import { gzipSync } from 'node:zlib';
import type { Behaviour } from '../connection.ts';
import type { Exchange } from '../exchange.ts';
import { unsentBytes } from '../connection-table.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
// Small, so that `sentBytes` says what the other side took, to within a piece and what may be unsent.
const MOST_UNSENT_BYTES = 64 * KIB;
const PIECE = Buffer.alloc(16 * KIB, 'a');
const CHUNK = Buffer.concat([Buffer.from(`${PIECE.length.toString(16)}\r\n`), PIECE, Buffer.from('\r\n')]);

/** A body of `mb` MiB with its true length, and the `status` (200). */
export const bigBody: Behaviour = {
  act: (exchange) => {
    const bytes = exchange.number('mb', 100) * MIB;
    const status = exchange.number('status', 200);
    exchange.request.statusCode = status;
    exchange.send(`HTTP/1.1 ${status} X\r\ncontent-length: ${bytes}\r\n\r\n`);
    pour(exchange, { piece: PIECE, times: Math.ceil(bytes / PIECE.length) });
  },
};

/** A chunked body without an end. */
export const endless: Behaviour = {
  act: (exchange) => {
    exchange.request.statusCode = 200;
    exchange.send('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n');
    pour(exchange, { piece: CHUNK, times: Infinity });
  },
};

// gzip streams may follow each other: a mebibyte of zeros is about a KiB, and repeated as often as wanted.
const PIECE_MIB = 16;
const ZIPPED = Buffer.concat(Array.from({ length: PIECE_MIB }, () => gzipSync(Buffer.alloc(MIB))));

/** A body of about `mb` KiB that unpacks to `mb` MiB (a multiple of 16). */
export const gzipBomb: Behaviour = {
  act: (exchange) => {
    const times = Math.ceil(exchange.number('mb', 1024) / PIECE_MIB);
    const head = `HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ${times * ZIPPED.length}\r\n\r\n`;
    exchange.request.statusCode = 200;
    exchange.send(head);
    pour(exchange, { piece: ZIPPED, times });
  },
};

/** `kb` headers of a KiB each before a proper end. */
export const hugeHeaders: Behaviour = {
  act: (exchange) => {
    const count = exchange.number('kb', KIB);
    const lines = Array.from({ length: count }, (_, i) => `x-huge-${i}: `.padEnd(KIB - 2, 'a'));
    exchange.answer(200, `HTTP/1.1 200 OK\r\n${lines.join('\r\n')}\r\ncontent-length: 0\r\n\r\n`);
  },
};

/** Writes as fast as the other side's kernel takes it. */
function pour(exchange: Exchange, { piece, times }: { piece: Buffer; times: number }): void {
  let left = times;
  const goOn = (): void => {
    if (unsentBytes(exchange.socket) > MOST_UNSENT_BYTES) exchange.after(1, goOn);
    else if (left-- > 0) exchange.send(piece, goOn);
    else exchange.end('answered');
  };
  goOn();
}
