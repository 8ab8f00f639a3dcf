import { once } from 'node:events';
import { type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { IssuerAway, MAX_ANSWER_BYTES, boundedFetch } from './bounded-fetch.ts';

let server: Server;
let origin: string;
let answer: (response: ServerResponse) => void;

beforeAll(async () => {
  server = createServer((_request, response) => answer(response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.close();
  server.closeAllConnections();
});

const ask = (url = `${origin}/token?code=secret`, signal = AbortSignal.timeout(10_000)) =>
  boundedFetch(url, { method: 'GET', headers: {}, body: undefined, redirect: 'manual', signal });

describe("the issuer's answer", () => {
  it('is whole, with its status and headers', async () => {
    answer = (response) => response.writeHead(400, { 'content-type': 'application/json' }).end('{"error":"invalid_grant"}');
    const got = await ask();
    expect({ status: got.status, type: got.headers.get('content-type'), body: await got.json() }).toEqual({
      status: 400,
      type: 'application/json',
      body: { error: 'invalid_grant' },
    });
  });

  it('may be empty', async () => {
    answer = (response) => response.writeHead(204).end();
    expect((await ask()).status).toBe(204);
  });

  it('may lead elsewhere, where nobody goes', async () => {
    answer = (response) => response.writeHead(302, { location: 'http://169.254.169.254/' }).end();
    expect((await ask()).status).toBe(302);
  });

  it('has 256 KiB at most', async () => {
    answer = (response) => response.end('x'.repeat(MAX_ANSWER_BYTES));
    expect((await (await ask()).text()).length).toBe(MAX_ANSWER_BYTES);
    answer = (response) => response.end('x'.repeat(MAX_ANSWER_BYTES + 1));
    await expect(ask()).rejects.toThrow('more than 262144 bytes');
  });

  it('has so much when unpacked', async () => {
    answer = (response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('x'.repeat(100 * MAX_ANSWER_BYTES)));
    await expect(ask()).rejects.toThrow('more than 262144 bytes');
  });
});

describe('an issuer', () => {
  it('that answers 5xx is away', async () => {
    answer = (response) => response.writeHead(503).end('x'.repeat(10 * MAX_ANSWER_BYTES));
    await expect(ask()).rejects.toThrow(new IssuerAway(`${origin}/token answered 503`));
  });

  it('that nobody finds is away', async () => {
    await expect(ask('http://127.0.0.1:1/token?code=secret')).rejects.toMatchObject({
      name: 'IssuerAway',
      message: 'http://127.0.0.1:1/token did not answer',
    });
  });

  it('that does not finish in time is away', async () => {
    const asked = Promise.withResolvers<undefined>();
    answer = (response) => {
      response.write('{');
      asked.resolve(undefined);
    };
    const giveUp = new AbortController();
    const asking = ask(undefined, giveUp.signal);
    await asked.promise;
    giveUp.abort();
    await expect(asking).rejects.toThrow(IssuerAway);
  });
});
