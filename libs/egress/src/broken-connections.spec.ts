import type { Socket } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { OK, clientOf, error, hungUp, post, rawServer, until } from './spec/servers.ts';

describe('a broken connection', () => {
  it('is an error when nobody listens', async () => {
    const server = await rawServer(() => undefined);
    await server.close();
    expect(await post(clientOf(), server.url)).toEqual(error('connection', 'refused'));
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
    const client = clientOf();
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
    const client = clientOf();
    for (let n = 0; n < 3; n++) expect(await post(client, url)).toMatchObject({ statusCode: 200 });
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

  it('does not let a stray 410 end an endpoint: the answer that follows it shows what it was', async () => {
    const { url, sockets } = await rawServer((socket, request) => {
      if (request.includes('first')) socket.write(OK);
      else socket.write('HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n', () => setImmediate(() => socket.write(OK)));
    });
    const client = clientOf();
    expect(await post(client, `${url}?first`)).toMatchObject({ statusCode: 200 });
    expect(await post(client, url)).toEqual(error('connection', 'more answers than there were requests'));
    await hungUp(sockets[0]);
  });

  it('lets a 410 count at once on a new connection, and on a used one when nothing follows it or time is up', async () => {
    const { url } = await rawServer((socket, request) =>
      socket.write(request.includes('first') ? OK : 'HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n'),
    );
    const fresh = await post(clientOf(), url);
    expect(fresh).toMatchObject({ kind: 'response', statusCode: 410 });
    expect(fresh.durationMs).toBeLessThan(500);
    for (const timeoutMs of [3000, 200]) {
      const client = clientOf();
      await post(client, `${url}?first`);
      const used = await post(client, url, timeoutMs);
      expect(used).toMatchObject({ kind: 'response', statusCode: 410 });
      expect(used.durationMs).toBeLessThan(1500);
    }
  });

  describe.each<[string, (socket: Socket) => void]>([
    ['closed', (socket) => socket.end()],
    ['reset', (socket) => socket.resetAndDestroy()],
  ])('that the endpoint had %s when it is used again', (_how, hangUp) => {
    it('fails no request: that goes out on a new one, not on another idle one', async () => {
      const { url, sockets } = await rawServer((socket, request) => {
        if (request.includes('first') || sockets.length === 3) socket.write(OK);
        else hangUp(socket);
      });
      const client = clientOf();
      await Promise.all([post(client, `${url}?first`), post(client, `${url}?first`)]);
      expect(await post(client, url)).toMatchObject({ statusCode: 200 });
      expect(sockets).toHaveLength(3);
    });

    it('fails it when the new one is hung up on too', async () => {
      const { url, sockets } = await rawServer((socket, request) => (request.includes('first') ? socket.write(OK) : hangUp(socket)));
      const client = clientOf();
      await post(client, `${url}?first`);
      expect(await post(client, url)).toMatchObject({ kind: 'error', category: 'connection' });
      expect(sockets).toHaveLength(2);
      await until(() => client.originCount === 0);
    });

    it('gives it no more time than it had', async () => {
      const { url, sockets } = await rawServer((socket, request) => {
        if (request.includes('first')) socket.write(OK);
        else if (sockets.length === 1) setTimeout(hangUp, 200, socket);
      });
      const client = clientOf();
      await post(client, `${url}?first`);
      const { durationMs } = await post(client, url, 600);
      expect(sockets).toHaveLength(2);
      expect(durationMs).toBeGreaterThanOrEqual(590);
      expect(durationMs).toBeLessThan(850);
    });

    it('fails it when the endpoint had it for longer than a round trip: it may be what broke the endpoint', async () => {
      const { url, sockets } = await rawServer((socket, request) => {
        if (request.includes('first')) socket.write(OK);
        else setTimeout(hangUp, 600, socket);
      });
      const client = clientOf();
      await post(client, `${url}?first`);
      expect(await post(client, url)).toMatchObject({ kind: 'error', category: 'connection' });
      expect(sockets).toHaveLength(1);
    });
  });

  it('is replaced when the endpoint asks to close it', async () => {
    const { url, sockets } = await rawServer((socket) => socket.write('HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n'));
    const client = clientOf();
    for (let i = 0; i < 3; i++) expect(await post(client, url)).toMatchObject({ statusCode: 200 });
    expect(sockets).toHaveLength(3);
  });
});
