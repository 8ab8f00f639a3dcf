import type { Behaviour } from '../connection.ts';

/** Ends the connection instead of answering. */
export const close: Behaviour = { act: (exchange) => exchange.closeHere((socket) => socket.end()) };

/** Resets it. */
export const reset: Behaviour = { act: (exchange) => exchange.closeHere((socket) => socket.resetAndDestroy()) };

/** Half a head, then the end. */
export const half: Behaviour = {
  act: (exchange) => exchange.send('HTTP/1.1 200 OK\r\ncontent-le', () => exchange.closeHere((socket) => socket.end())),
};

/** Half of the body that its length announces, then the end. */
export const shortBody: Behaviour = {
  act: (exchange) => {
    exchange.send('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n', () => {
      exchange.send('a'.repeat(50), () => exchange.closeHere((socket) => socket.end()));
    });
  },
};

/** Answers that are none, by the `kind` of the query. */
export const GARBAGE: Readonly<Record<string, string | Buffer>> = {
  binary: Buffer.from(Array.from({ length: 512 }, (_, i) => (i * 37) & 0xff)),
  banner: 'SSH-2.0-OpenSSH_9.6\r\n',
  version: 'HTTP/9.9 200 OK\r\ncontent-length: 0\r\n\r\n',
  status: 'HTTP/1.1 2x0 OK\r\ncontent-length: 0\r\n\r\n',
  lengths: 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 5\r\n\r\nhello',
  chunk: 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n',
  // A good answer, and one more that nobody asked for.
  double: 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\nHTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n',
};

export const garbage: Behaviour = {
  act: (exchange) => {
    const kind = exchange.params.get('kind') ?? 'binary';
    exchange.answer(kind === 'double' ? 200 : 0, GARBAGE[kind] ?? GARBAGE['binary'] ?? '');
  },
};
