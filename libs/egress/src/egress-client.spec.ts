import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from '@jest/globals';
import { EgressClient, parseNetwork, type EgressPolicy, type SendResult } from './index.ts';

const LOOPBACK: EgressPolicy = { allowNetworks: ['127.0.0.0/8', '::1/128'].map(parseNetwork), allowHttp: true, allowPorts: '*' };

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';

const open: { close: () => Promise<unknown> }[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

interface Listening {
  readonly url: string;
  readonly port: number;
  /** Sockets accepted so far. */
  readonly sockets: Socket[];
}

async function listening(server: net.Server): Promise<Listening> {
  const sockets: Socket[] = [];
  server.on('connection', (socket) => sockets.push(socket.on('error', () => undefined)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push({
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/hook`, port, sockets };
}

/** A server that sees bytes: `answer` is called with each request's head and body. */
function rawServer(answer: (socket: Socket, request: string) => void): Promise<Listening> {
  const server = net.createServer((socket) => {
    socket.on('data', (data) => answer(socket, data.toString('latin1')));
  });
  return listening(server);
}

function httpServer(listener: http.RequestListener): Promise<Listening> {
  return listening(http.createServer(listener));
}

function clientOf(options: Partial<ConstructorParameters<typeof EgressClient>[0]> = {}): EgressClient {
  const client = new EgressClient({ policy: LOOPBACK, ...options });
  open.unshift(client);
  return client;
}

function post(client: EgressClient, url: string, timeoutMs = 3000): Promise<SendResult> {
  return client.send({
    url,
    headers: { 'content-type': 'application/json', 'webhook-id': 'evt_1' },
    body: Buffer.from('{"a":1}'),
    timeoutMs,
  });
}

function error(category: string, message: string): object {
  return { kind: 'error', category, message: expect.stringContaining(message), durationMs: expect.any(Number) };
}

describe('a request', () => {
  it('is a POST with the headers and the exact bytes it was given', async () => {
    const body = Buffer.from([0, 1, 2, 0xff, 0x0a]);
    const seen: { request: http.IncomingMessage; body: Buffer }[] = [];
    const { url } = await httpServer((request, response) => {
      const chunks: Buffer[] = [];
      request
        .on('data', (chunk: Buffer) => chunks.push(chunk))
        .on('end', () => {
          seen.push({ request, body: Buffer.concat(chunks) });
          response.writeHead(200, { 'X-Reply': 'yes' }).end('thanks');
        });
    });
    const result = await clientOf().send({ url: `${url}/a?b=c%20d`, headers: { 'webhook-id': 'evt_1' }, body, timeoutMs: 3000 });

    expect(result).toMatchObject({ kind: 'response', statusCode: 200, truncated: false, headers: { 'x-reply': 'yes' } });
    expect(result.kind === 'response' && result.body.toString()).toBe('thanks');
    expect(seen[0]?.request).toMatchObject({ method: 'POST', url: '/hook/a?b=c%20d' });
    expect(seen[0]?.request.headers).toMatchObject({ 'webhook-id': 'evt_1', 'content-length': '5', connection: 'keep-alive' });
    expect(seen[0]?.body.equals(body)).toBe(true);
  });

  it('may be large and may be empty', async () => {
    const lengths: number[] = [];
    const { url } = await httpServer((request, response) => {
      let length = 0;
      request
        .on('data', (chunk: Buffer) => (length += chunk.length))
        .on('end', () => {
          lengths.push(length);
          response.end();
        });
    });
    const client = clientOf();
    for (const length of [0, 1_000_000]) await client.send({ url, headers: {}, body: Buffer.alloc(length), timeoutMs: 3000 });
    expect(lengths).toEqual([0, 1_000_000]);
  });

  it('reuses the connection of the one before it', async () => {
    const { url, sockets } = await httpServer((request, response) => void request.resume().on('end', () => response.end('ok')));
    const client = clientOf();
    for (let i = 0; i < 5; i++) expect(await post(client, url)).toMatchObject({ statusCode: 200 });
    // Two, not one: see connectionsPerOrigin.
    expect(sockets.length).toBeLessThanOrEqual(2);
    expect(client.originCount).toBe(1);
  });

  it.each([200, 201, 204, 299, 400, 401, 404, 410, 429, 500, 503, 599, 600, 999])(
    'with a %i answer is a response, whatever the status means',
    async (status) => {
      const { url } = await rawServer((socket) =>
        socket.write(`HTTP/1.1 ${status} X\r\n${status === 204 ? '' : 'content-length: 0\r\n'}\r\n`),
      );
      expect(await post(clientOf(), url)).toMatchObject({ kind: 'response', statusCode: status, truncated: false });
    },
  );

  it('cannot smuggle a header in', async () => {
    const { url, sockets } = await rawServer((socket) => socket.write(OK));
    const result = await clientOf().send({ url, headers: { 'x-name': 'a\r\nx-other: b' }, body: Buffer.alloc(0), timeoutMs: 1000 });
    expect(result).toEqual(error('request', 'invalid x-name header'));
    expect(sockets).toHaveLength(0);
  });
});

describe('a deadline', () => {
  const timeoutMs = 300;

  async function expectTimeout(sent: Promise<SendResult>, message: string): Promise<void> {
    const result = await sent;
    expect(result).toEqual(error('timeout', message));
    expect(result.durationMs).toBeGreaterThanOrEqual(timeoutMs - 5);
    expect(result.durationMs).toBeLessThan(timeoutMs + 400);
  }

  it('ends a request that is never answered', async () => {
    const { url, sockets } = await rawServer(() => undefined);
    await expectTimeout(post(clientOf(), url, timeoutMs), 'no response within 300 ms');
    await hungUp(sockets[0]);
  });

  it('ends dripping headers', async () => {
    const { url, sockets } = await rawServer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nx: ');
      every(20, socket, () => socket.write('a'));
    });
    await expectTimeout(post(clientOf(), url, timeoutMs), 'no response within 300 ms');
    await hungUp(sockets[0]);
  });

  it('ends a dripping body', async () => {
    const { url, sockets } = await rawServer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n');
      every(20, socket, () => socket.write('a'));
    });
    await expectTimeout(post(clientOf(), url, timeoutMs), 'the response was not complete within 300 ms');
    await hungUp(sockets[0]);
  });

  it('ends a body that never ends', async () => {
    const { url } = await rawServer((socket) => socket.write('HTTP/1.1 200 OK\r\n\r\nhello'));
    await expectTimeout(post(clientOf(), url, timeoutMs), 'not complete');
  });

  it('ends a request that is never read', async () => {
    const server = net.createServer({ pauseOnConnect: true });
    const { url } = await listening(server);
    const sent = clientOf().send({ url, headers: {}, body: Buffer.alloc(20_000_000), timeoutMs });
    await expectTimeout(sent, 'no response within 300 ms');
  });

  it('counts the wait for a connection, and skips what waited too long without closing a good connection', async () => {
    const held: Socket[] = [];
    const { url, sockets } = await rawServer((socket) => held.push(socket));
    const client = clientOf({ connectionsPerOrigin: 1, connectTimeoutMs: 200 });
    const first = post(client, url, 5000);
    await expectTimeout(post(client, url, timeoutMs), 'no connection within 300 ms');
    held[0]?.write(OK);
    expect(await first).toMatchObject({ statusCode: 200 });

    const third = post(client, url, 5000);
    await expect(once(sockets[0]!, 'data')).resolves.toBeDefined();
    held[0]?.write(OK);
    expect(await third).toMatchObject({ statusCode: 200 });
    expect(held).toHaveLength(2);
    expect(sockets).toHaveLength(1);
  });

  it('covers the name lookup', async () => {
    const never = new Promise<string[]>(() => undefined);
    await expectTimeout(post(clientOf({ resolveHost: () => never }), 'http://hooks.example/', timeoutMs), 'no connection within 300 ms');
  });
});

describe('a response', () => {
  it('keeps 4 KiB of its body and says so', async () => {
    const { url, sockets } = await httpServer(
      (request, response) => void request.resume().on('end', () => response.end('a'.repeat(60_000))),
    );
    const client = clientOf();
    const result = await post(client, url);
    expect(result).toMatchObject({ statusCode: 200, truncated: true });
    expect(result.kind === 'response' && result.body.equals(Buffer.alloc(4096, 'a'))).toBe(true);
    await hasSocketFree();
    await post(client, url);
    expect(sockets).toHaveLength(1);
  });

  it('keeps a body that comes in pieces', async () => {
    const { url } = await httpServer((request, response) => {
      request.resume().on('end', () => {
        response.write('one ');
        setImmediate(() => response.write('two '));
        setTimeout(() => response.end('three'), 20);
      });
    });
    const result = await post(clientOf(), url);
    expect(result.kind === 'response' && result.body.toString()).toBe('one two three');
  });

  it.each([200, 500, 410])('that is too long is hung up on and judged by its status %i', async (status) => {
    let sentBytes = 0;
    const { url, sockets } = await httpServer((request, response) => {
      request.resume();
      response.writeHead(status);
      const block = Buffer.alloc(16_384, 'x');
      const pour = (): void => {
        while (!response.destroyed && response.write(block)) sentBytes += block.length;
      };
      response.on('drain', pour);
      pour();
    });
    const result = await post(clientOf(), url);
    expect(result).toMatchObject({ kind: 'response', statusCode: status, truncated: true });
    expect(result.kind === 'response' && result.body.length).toBe(4096);
    await hungUp(sockets[0]);
    // What the server's own and the kernel's buffers took beside the 64 KiB that were read.
    expect(sentBytes).toBeLessThan(8 * 1024 * 1024);
  });

  it('is never decompressed', async () => {
    const packed = gzipSync(Buffer.alloc(1_000_000));
    const { url } = await httpServer(
      (request, response) => void request.resume().on('end', () => response.writeHead(200, { 'content-encoding': 'gzip' }).end(packed)),
    );
    const result = await post(clientOf(), url);
    expect(result.kind === 'response' && result.body.equals(packed)).toBe(true);
  });

  it('is not read past 16 KiB of headers', async () => {
    const { url, sockets } = await rawServer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n');
      for (let i = 0; i < 1000; i++) socket.write(`x-${i}: ${'a'.repeat(1000)}\r\n`);
      socket.write('\r\n');
    });
    expect(await post(clientOf(), url)).toEqual(error('response_too_large', '16 KiB of headers'));
    await hungUp(sockets[0]);
  });

  it('keeps the first 32 headers and retry-after, in lower case, values cut, repeated ones joined', async () => {
    const { url } = await rawServer((socket) => {
      const many = Array.from({ length: 50 }, (_, i) => `X-${i}: ${i === 0 ? 'v'.repeat(2000) : i}\r\n`).join('');
      socket.write(`HTTP/1.1 503 Busy\r\nSet-Cookie: a=1\r\nset-cookie: b=2\r\n${many}Retry-After: 7\r\ncontent-length: 0\r\n\r\n`);
    });
    const result = await post(clientOf(), url);
    const headers = result.kind === 'response' ? result.headers : {};
    expect(Object.keys(headers)).toHaveLength(33);
    expect(headers).toMatchObject({ 'set-cookie': 'a=1, b=2', 'x-0': 'v'.repeat(512), 'x-1': '1', 'retry-after': '7' });
  });

  it.each([301, 302, 303, 307, 308, 304, 300, 399])('with status %i is not followed', async (status) => {
    let trapped = 0;
    const trap = await httpServer((_request, response) => {
      trapped += 1;
      response.end();
    });
    const { url } = await httpServer(
      (request, response) => void request.resume().on('end', () => response.writeHead(status, { location: trap.url }).end()),
    );
    expect(await post(clientOf(), url)).toEqual({ ...error('redirect', `redirects (${status})`), statusCode: status });
    expect(trapped).toBe(0);
  });

  it('after informational ones is the one that counts', async () => {
    const { url } = await rawServer((socket) =>
      socket.write(`HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n${OK}`),
    );
    expect(await post(clientOf(), url)).toMatchObject({ statusCode: 200 });
  });

  it.each([
    ['endless early hints', 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(1000), 'keeps answering 103'],
    ['an endless 100 Continue', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(1000), 'no answer to the request'],
    ['a protocol switch', 'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n', 'switched protocols'],
    ['a protocol switch without upgrade', 'HTTP/1.1 101 Switching Protocols\r\n\r\n', 'keeps answering 101'],
  ])('that is %s is an error at once', async (_what, bytes, message) => {
    const { url, sockets } = await rawServer((socket) => socket.write(bytes));
    expect(await post(clientOf(), url)).toEqual(error('connection', message));
    await hungUp(sockets[0]);
  });
});

describe('a broken connection', () => {
  it('is an error when nobody listens', async () => {
    const { url } = await rawServer(() => undefined);
    await open.pop()?.close();
    expect(await post(clientOf(), url)).toEqual(error('connection', 'refused'));
  });

  it.each<[string, (socket: Socket) => void, string]>([
    ['closed at once', (socket) => socket.end(), 'closed before the response was complete'],
    ['reset', (socket) => socket.resetAndDestroy(), 'reset'],
    ['closed in the headers', (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-le'), 'closed before'],
    ['closed in the body', (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf'), 'closed before'],
    ['closed in a chunk', (socket) => socket.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n64\r\nhalf'), 'closed before'],
    [
      'reset in the body',
      (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf', () => socket.resetAndDestroy()),
      'reset',
    ],
    ['speaking garbage', (socket) => socket.write('\u0000\u0001garbage\r\n\r\n'), 'not HTTP/1.1'],
    ['speaking SSH', (socket) => socket.write('SSH-2.0-OpenSSH_9.2\r\n'), 'not HTTP/1.1'],
    ['speaking TLS', (socket) => socket.write(Buffer.from('1503010002020a', 'hex')), 'not HTTP/1.1'],
    ['answering with a bad status', (socket) => socket.write('HTTP/1.1 2xx OK\r\n\r\n'), 'not HTTP/1.1'],
    ['answering with a bad length', (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\n'), 'not HTTP/1.1'],
    [
      'answering with two lengths',
      (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n123456'),
      'not as long as',
    ],
    ['answering with a bad chunk', (socket) => socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n'), 'not HTTP/1.1'],
    [
      'answering with a NUL in a header',
      (socket) => socket.write('HTTP/1.1 200 OK\r\nx: a\u0000b\r\ncontent-length: 0\r\n\r\n'),
      'not HTTP/1.1',
    ],
  ])('is an error when it is %s, and the next request takes another', async (_what, misbehave, message) => {
    const { url, sockets } = await rawServer((socket) => (sockets.length === 1 ? misbehave(socket) : socket.write(OK)));
    const client = clientOf({ connectionsPerOrigin: 1 });
    expect(await post(client, url)).toEqual(error('connection', message));
    expect(await post(client, url)).toMatchObject({ statusCode: 200 });
    expect(sockets).toHaveLength(2);
  });

  it.each([
    ['a second answer in the same packet', `${OK}HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n`],
    ['more body than was announced', `${OK} and much more`],
    ['half an answer behind it', `${OK}HTTP/1.1 41`],
  ])('is not used again after %s', async (_what, bytes) => {
    const { url, sockets } = await rawServer((socket) => socket.write(sockets.length === 1 ? bytes : OK));
    const client = clientOf({ connectionsPerOrigin: 1 });
    const results = await Promise.all([post(client, url), post(client, url), post(client, url)]);
    expect(results).toMatchObject([{ statusCode: 200 }, { statusCode: 200 }, { statusCode: 200 }]);
    expect(sockets).toHaveLength(2);
  });

  it('is not used again after an answer to nothing', async () => {
    const { url, sockets } = await rawServer((socket) => socket.write(OK));
    const client = clientOf();
    await post(client, url);
    sockets[0]?.write('HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n');
    await hungUp(sockets[0]);
    expect(await post(client, url)).toMatchObject({ statusCode: 200 });
    expect(sockets).toHaveLength(2);
  });

  it('is replaced when the endpoint asks to close it', async () => {
    const { url, sockets } = await rawServer((socket) => socket.write('HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n'));
    const client = clientOf();
    for (let i = 0; i < 3; i++) expect(await post(client, url)).toMatchObject({ statusCode: 200 });
    expect(sockets).toHaveLength(3);
  });
});

describe('a target', () => {
  it.each([
    ['http://10.0.0.1/', 'blocked_target', 'not publicly routable'],
    ['http://169.254.169.254/latest', 'blocked_target', 'not publicly routable'],
    ['ftp://127.0.0.1/', 'blocked_target', 'https'],
    ['http://user@127.0.0.1/', 'blocked_target', 'credentials'],
    ['not a url', 'request', 'spaces'],
  ])('is judged by its text: %s', async (url, category, message) => {
    const client = clientOf();
    expect(await post(client, url)).toEqual(error(category, message));
    expect(await post(client, url)).toEqual(error(category, message));
    expect(client.originCount).toBe(0);
  });

  it('is not reached at a loopback address in production', async () => {
    const { port, sockets } = await rawServer((socket) => socket.write(OK));
    const client = clientOf({
      policy: { allowNetworks: [], allowHttp: true, allowPorts: '*' },
      resolveHost: () => Promise.resolve(['127.0.0.1']),
    });
    expect(await post(client, `http://hooks.example:${port}/`)).toEqual(
      error('blocked_target', 'an address of the host is not publicly routable (loopback)'),
    );
    expect(sockets).toHaveLength(0);
    expect(client.originCount).toBe(0);
  });

  it.each([
    [['127.0.0.1', '10.0.0.1']],
    [['10.0.0.1', '127.0.0.1']],
    [['127.0.0.1', '::ffff:10.0.0.1']],
    [['127.0.0.1', '64:ff9b::7f00:1']],
    [['127.0.0.1', '169.254.169.254', '::1']],
  ])('is refused as a whole when its addresses are %j', async (addresses) => {
    const { port, sockets } = await rawServer((socket) => socket.write(OK));
    const client = clientOf({ resolveHost: () => Promise.resolve(addresses) });
    expect(await post(client, `http://hooks.example:${port}/`)).toMatchObject({ category: 'blocked_target' });
    expect(sockets).toHaveLength(0);
  });

  it('gains nothing by changing its address between two lookups', async () => {
    const { port, sockets } = await rawServer((socket) => socket.write(OK.replace('\r\n\r\n', '\r\nconnection: close\r\n\r\n')));
    const answers = [['127.0.0.1'], ['10.0.0.1'], ['127.0.0.1']];
    let lookups = 0;
    const client = clientOf({ resolveHost: () => Promise.resolve(answers[lookups++] ?? []) });
    const url = `http://hooks.example:${port}/`;
    // One lookup a connection: a judgement on one answer and a connection to another cannot happen.
    expect(await post(client, url)).toMatchObject({ statusCode: 200 });
    expect(await post(client, url)).toMatchObject({ category: 'blocked_target' });
    expect(await post(client, url)).toMatchObject({ statusCode: 200 });
    expect(lookups).toBe(3);
    expect(sockets).toHaveLength(2);
  });

  it('is tried at each of its addresses', async () => {
    const { port } = await rawServer((socket) => socket.write(OK));
    // Nobody listens on the first.
    const client = clientOf({ resolveHost: () => Promise.resolve(['::1', '127.0.0.1']) });
    expect(await post(client, `http://hooks.example:${port}/`)).toMatchObject({ statusCode: 200 });
  });

  it('is a connection error when none of its addresses answers', async () => {
    const { port } = await rawServer(() => undefined);
    await open.pop()?.close();
    const client = clientOf({ resolveHost: () => Promise.resolve(['127.0.0.1', '::1']) });
    expect(await post(client, `http://hooks.example:${port}/`)).toEqual(error('connection', 'refused'));
  });

  it('keeps its name in the host header', async () => {
    const heads: string[] = [];
    const { port } = await rawServer((socket, head) => {
      heads.push(head);
      socket.write(OK);
    });
    await post(clientOf({ resolveHost: () => Promise.resolve(['127.0.0.1']) }), `http://Hooks.EXAMPLE.:${port}/`);
    expect(heads[0]).toContain(`\r\nhost: hooks.example:${port}\r\n`);
  });

  it('without an address is a dns error', async () => {
    expect(await post(clientOf({ resolveHost: () => Promise.resolve([]) }), 'http://hooks.example/')).toEqual(
      error('dns', 'could not be resolved'),
    );
    expect(await post(clientOf({ resolveHost: () => Promise.reject(new Error('SERVFAIL')) }), 'http://hooks.example/')).toMatchObject({
      kind: 'error',
    });
  });

  it('may be localhost where loopback is allowed, without DNS', async () => {
    const { port } = await rawServer((socket) => socket.write(OK));
    expect(await post(clientOf(), `http://localhost:${port}/`)).toMatchObject({ statusCode: 200 });
  });
});

describe('connections', () => {
  it('to one origin are bounded; further requests wait for one', async () => {
    let atOnce = 0;
    let most = 0;
    const { url, sockets } = await httpServer((request, response) => {
      most = Math.max(most, ++atOnce);
      request.resume().on('end', () =>
        setTimeout(() => {
          atOnce--;
          response.end();
        }, 20),
      );
    });
    const client = clientOf({ connectionsPerOrigin: 3 });
    const results = await Promise.all(Array.from({ length: 12 }, () => post(client, url)));
    expect(results.every((result) => result.kind === 'response')).toBe(true);
    expect(most).toBe(3);
    expect(sockets).toHaveLength(3);
  });

  it('of the oldest idle origin make room for another', async () => {
    const servers = await Promise.all([1, 2, 3].map(() => rawServer((socket) => socket.write(OK))));
    const client = clientOf({ maxOrigins: 2 });
    for (const { url } of servers) expect(await post(client, url)).toMatchObject({ statusCode: 200 });
    expect(client.originCount).toBe(2);
    await hungUp(servers[0]?.sockets[0]);
    expect(servers[1]?.sockets[0]?.destroyed).toBe(false);
  });

  it('under way are not cut to make room', async () => {
    const held: Socket[] = [];
    const slow = await rawServer((socket) => held.push(socket));
    const quick = await rawServer((socket) => socket.write(OK));
    const client = clientOf({ maxOrigins: 1 });
    const sent = post(client, slow.url);
    expect(await post(client, quick.url)).toMatchObject({ statusCode: 200 });
    await until(() => held.length > 0);
    held[0]?.write(OK);
    expect(await sent).toMatchObject({ statusCode: 200 });
  });

  it('leave no origin behind when they are gone', async () => {
    const { url, sockets } = await rawServer((socket) => socket.write(OK));
    const client = clientOf();
    await post(client, url);
    expect(client.originCount).toBe(1);
    sockets[0]?.destroy();
    await until(() => client.originCount === 0);
    expect(client.originCount).toBe(0);
  });

  it('are closed by close(), after what is under way', async () => {
    const held: Socket[] = [];
    const { url, sockets } = await rawServer((socket) => held.push(socket));
    const client = clientOf();
    const sent = post(client, url);
    await until(() => held.length > 0);
    const closed = client.close();
    held[0]?.write(OK);
    expect(await sent).toMatchObject({ statusCode: 200 });
    await closed;
    await hungUp(sockets[0]);
  });
});

function every(ms: number, socket: Socket, act: () => void): void {
  const timer = setInterval(act, ms);
  socket.on('close', () => clearInterval(timer));
}

/** Waits until the client has closed its end. */
async function hungUp(socket: Socket | undefined): Promise<void> {
  if (socket === undefined) throw new Error('the client never connected');
  // Not once(): that rejects on the reset which hanging up with unread data is.
  if (!socket.destroyed) await new Promise((resolve) => socket.resume().once('close', resolve));
}

/** undici gives a socket free in the turn of the event loop after the response. */
async function hasSocketFree(): Promise<void> {
  for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** Waits for the condition, looking after each turn of the event loop. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
