import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { OK, clientOf, error, httpServer, hungUp, post, rawServer } from './spec/servers.ts';

describe('a response', () => {
  it('keeps 4 KiB of its body and says so', async () => {
    const { url, sockets } = await httpServer(
      (request, response) => void request.resume().on('end', () => response.end('a'.repeat(60_000))),
    );
    const client = clientOf();
    const result = await post(client, url);
    expect(result).toMatchObject({ statusCode: 200, truncated: true });
    expect(result.kind === 'response' && result.body.equals(Buffer.alloc(4096, 'a'))).toBe(true);
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
      // One block a turn: what the server's own send buffer swallows at once says nothing about the reader.
      const block = Buffer.alloc(16_384, 'x');
      const pour = (): void => {
        if (response.destroyed) return;
        response.write(block);
        sentBytes += block.length;
        setImmediate(pour);
      };
      pour();
    });
    const result = await post(clientOf(), url);
    expect(result).toMatchObject({ kind: 'response', statusCode: status, truncated: true });
    expect(result.kind === 'response' && result.body.length).toBe(4096);
    await hungUp(sockets[0]);
    expect(sentBytes).toBeLessThanOrEqual(1024 * 1024);
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
