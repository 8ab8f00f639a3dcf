import net from 'node:net';
import { describe, expect, it } from '@jest/globals';
import type { SendResult } from './index.ts';
import { OK, clientOf, error, every, hungUp, listening, post, rawServer } from './spec/servers.ts';

describe('a deadline', () => {
  const timeoutMs = 300;

  async function expectTimeout(sent: Promise<SendResult>, message: string): Promise<void> {
    const result = await sent;
    expect(result).toEqual(error('timeout', message));
    expect(result.durationMs).toBeGreaterThanOrEqual(timeoutMs - 5);
    // Without a deadline each of them would go on for minutes, or for good; a busy machine is late by a second.
    expect(result.durationMs).toBeLessThan(timeoutMs + 2000);
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

  it('ends a request that is read slowly', async () => {
    const server = net.createServer({ pauseOnConnect: true }, (socket) => every(20, socket, () => void socket.read(1000)));
    const { url, sockets } = await listening(server);
    const sent = clientOf().send({ url, headers: {}, body: Buffer.alloc(20_000_000), timeoutMs });
    await expectTimeout(sent, 'no response within 300 ms');
    await hungUp(sockets[0]);
  });

  it('is of one request, whatever the one before it on the connection had', async () => {
    const { url, sockets } = await rawServer((socket, request) => {
      if (!request.includes('hang')) socket.write(OK);
    });
    const client = clientOf();
    for (const roomyMs of [5000, 3000, 5000]) expect(await post(client, url, roomyMs)).toMatchObject({ statusCode: 200 });
    await expectTimeout(post(client, `${url}?hang`, timeoutMs), 'no response within 300 ms');
    expect(sockets).toHaveLength(1);
  });

  it('passes an idle connection by', async () => {
    const { url, sockets } = await rawServer((socket) => socket.write(OK));
    const client = clientOf();
    expect(await post(client, url, 50)).toMatchObject({ statusCode: 200 });
    await new Promise((resolve) => setTimeout(resolve, 120));
    expect(await post(client, url, 50)).toMatchObject({ statusCode: 200 });
    expect(sockets).toHaveLength(1);
  });

  it('covers the name lookup', async () => {
    const never = new Promise<string[]>(() => undefined);
    await expectTimeout(post(clientOf({ resolveHost: () => never }), 'http://hooks.example/', timeoutMs), 'no connection within 300 ms');
  });
});
