import { randomInt } from 'node:crypto';
import net from 'node:net';

// Linux gives outgoing connections ports from 32768: one from below cannot be taken by a client between now and its use.
const FIRST_PORT = 20_000;
const PORTS = 12_000;
// Whoever asks for many listens on them later: of the twenty of one system, two would be the same once in sixty times.
const given = new Set<number>();

/** A port of 127.0.0.1 that nothing listens on, chosen at random so that parallel runs do not meet. No process gets one twice. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST_PORT + randomInt(PORTS);
    if (given.has(port)) continue;
    given.add(port);
    if (await isFree(port)) return port;
  }
}

/** Whether nothing listens on this port of 127.0.0.1. */
export async function isFree(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}
