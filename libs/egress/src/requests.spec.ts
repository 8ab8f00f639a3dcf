import type http from 'node:http';
import { describe, expect, it } from '@jest/globals';
import { OK, clientOf, error, httpServer, hungUp, post, rawServer } from './spec/servers.ts';

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
    expect(sockets).toHaveLength(1);
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

  it('is withdrawn when it may not begin any more once its connection is open; on a kept one nothing is asked', async () => {
    const { url, port, sockets } = await rawServer((socket) => socket.write(OK));
    const names = Promise.withResolvers<readonly string[]>();
    const client = clientOf({ resolveHost: () => names.promise });
    const asked: boolean[] = [];
    const send = (to: string, may: boolean) =>
      client.send({ url: to, headers: {}, body: Buffer.alloc(0), timeoutMs: 3000, mayBegin: () => (asked.push(may), may) });

    const waiting = send(`http://hooks.example:${port}/`, false);
    expect(asked).toEqual([]);
    names.resolve(['127.0.0.1']);
    expect(await waiting).toEqual({ kind: 'withdrawn', durationMs: expect.any(Number) });
    await hungUp(sockets[0]);
    expect([sockets[0]?.bytesRead, asked, client.originCount]).toEqual([0, [false], 0]);

    expect(await send(url, true)).toMatchObject({ statusCode: 200 });
    expect(await send(url, false)).toMatchObject({ statusCode: 200 });
    expect(asked).toEqual([false, true]);
  });

  it('cannot smuggle a header in', async () => {
    const { url, sockets } = await rawServer((socket) => socket.write(OK));
    const result = await clientOf().send({ url, headers: { 'x-name': 'a\r\nx-other: b' }, body: Buffer.alloc(0), timeoutMs: 1000 });
    expect(result).toEqual(error('request', 'invalid x-name header'));
    expect(sockets).toHaveLength(0);
  });
});
