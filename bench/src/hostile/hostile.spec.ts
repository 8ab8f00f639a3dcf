import net from 'node:net';
import fs from 'node:fs';
import tls from 'node:tls';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '@hookwright/testkit';
import { GARBAGE } from './behaviours/broken.ts';
import type { HostileRequest } from './journal.ts';
import { hostOf, type Hostile, startHostile } from './start-hostile.ts';

let hostile: Hostile;

beforeAll(async () => {
  hostile = await startHostile();
});

beforeEach(async () => {
  await hostile.reset();
});

afterAll(async () => {
  await hostile.stop();
});

/** A raw client: what it received, and how the other side ended. */
class RawClient {
  received: Buffer = Buffer.alloc(0);
  ended: 'no' | 'closed' | 'reset' = 'no';

  constructor(readonly socket: net.Socket) {
    socket.on('data', (bytes: Buffer) => (this.received = Buffer.concat([this.received, bytes])));
    socket.on('error', (error: NodeJS.ErrnoException) => (this.ended = error.code === 'ECONNRESET' ? 'reset' : 'closed'));
    socket.on('end', () => (this.ended = 'closed'));
  }

  post(path: string): this {
    this.socket.write(`POST ${path} HTTP/1.1\r\nhost: h\r\nwebhook-id: evt_1\r\nwebhook-attempt: 2\r\ncontent-length: 2\r\n\r\n{}`);
    return this;
  }

  get text(): string {
    return this.received.toString('latin1');
  }
}

async function withClient<T>(act: (client: RawClient) => Promise<T>): Promise<T> {
  const socket = net.connect(hostile.ports.plain, hostOf(1));
  try {
    return await act(new RawClient(socket));
  } finally {
    socket.destroy();
  }
}

async function answerTo(path: string): Promise<string> {
  return await withClient(async (client) => {
    client.post(path);
    return await eventually(() => {
      expect(client.text).toContain('\r\n\r\n');
      return client.text;
    });
  });
}

async function onlyRequest(path: string): Promise<HostileRequest> {
  const [request] = await hostile.requests(path);
  return request!;
}

describe('what waits', () => {
  it('hangs, and tells when it was hung up on', async () => {
    await withClient(async (client) => {
      client.post('/hang');
      await eventually(async () =>
        expect(await onlyRequest('/hang')).toMatchObject({ webhookId: 'evt_1', attempt: 2, end: null, sentBytes: 0 }),
      );
      expect(client.received).toHaveLength(0);
    });
    await eventually(async () => expect(await onlyRequest('/hang')).toMatchObject({ end: 'hung_up', endedAtMs: expect.any(Number) }));
  });

  it.each([
    ['/drip', /^HTTP\/1\.1 200 OK\r\ncontent-length: 1000000\r\n\r\na{3,20}$/],
    ['/drip-headers', /^HTTP\/1\.1 200 OK\r\nx-slow: a{3,20}$/],
  ])('%s goes on byte by byte', async (path, shape) => {
    await withClient(async (client) => {
      client.post(path);
      await eventually(() => expect(client.text).toMatch(shape));
    });
  });

  it('/slowread takes longer than any deadline to read', async () => {
    await withClient(async (client) => {
      client.socket.write(`POST /slowread HTTP/1.1\r\ncontent-length: ${16 * 1024 * 1024}\r\n\r\n`);
      client.socket.write(Buffer.alloc(16 * 1024 * 1024));
      await eventually(async () => expect(await onlyRequest('/slowread')).toMatchObject({ end: null }));
      expect(client.socket.writableLength).toBeGreaterThan(0);
    });
  });

  it('/100continue goes on for ever, or for n times', async () => {
    await withClient(async (client) => {
      client.post('/100continue?n=0');
      await eventually(() => expect(client.text.split('100 Continue').length).toBeGreaterThan(1000));
      expect(client.text).not.toContain('200');
    });
    await withClient(async (client) => {
      client.post('/100continue?n=2');
      await eventually(() => expect(client.text).toMatch(/^(HTTP\/1\.1 100 Continue\r\n\r\n){2}HTTP\/1\.1 200 OK/));
    });
  });
});

describe('what is large', () => {
  it.each(['/bigbody?mb=3', '/endless'])('%s sends as much as is read', async (path) => {
    await withClient(async (client) => {
      client.post(path);
      await eventually(() => expect(client.received.length).toBeGreaterThan(3 * 1024 * 1024));
    });
    await eventually(async () => expect((await onlyRequest(path)).sentBytes).toBeGreaterThan(3 * 1024 * 1024));
  });

  it('/bigbody stops when nobody reads, and says how much it could send', async () => {
    await withClient(async (client) => {
      client.socket.once('data', () => client.socket.pause());
      client.post('/bigbody?mb=100');
      await eventually(async () => expect((await onlyRequest('/bigbody')).sentBytes).toBeGreaterThan(0));
    });
    await eventually(async () => expect(await onlyRequest('/bigbody')).toMatchObject({ end: 'hung_up' }));
    expect((await onlyRequest('/bigbody')).sentBytes).toBeLessThan(50 * 1024 * 1024);
  });

  it('/gzipbomb unpacks to a thousand times its size', async () => {
    const body = await withClient(async (client) => {
      client.post('/gzipbomb?mb=16');
      return await eventually(() => {
        const [head = '', ...rest] = client.text.split('\r\n\r\n');
        const length = Number(/content-length: (\d+)/.exec(head)?.[1]);
        const bytes = Buffer.from(rest.join('\r\n\r\n'), 'latin1');
        expect(bytes).toHaveLength(length);
        return bytes;
      });
    });
    expect(gunzipSync(body)).toHaveLength(16 * 1024 * 1024);
    expect(body.length).toBeLessThan(32 * 1024);
  });

  it('/hugeheaders has a KiB a header', async () => {
    expect((await answerTo('/hugeheaders?kb=64')).length).toBeGreaterThan(64 * 1024);
  });
});

describe('what is broken', () => {
  it.each([
    ['/close', /^$/, 'closed'],
    ['/reset', /^$/, 'reset'],
    ['/half', /^HTTP\/1\.1 200 OK\r\ncontent-le$/, 'closed'],
    ['/shortbody', /content-length: 100\r\n\r\na{50}$/, 'closed'],
  ])('%s', async (path, text, ended) => {
    await withClient(async (client) => {
      client.post(path);
      await eventually(() => expect(client.ended).toBe(ended));
      expect(client.text).toMatch(text);
    });
    expect(await onlyRequest(path)).toMatchObject({ end: 'closed_here' });
  });

  it.each(Object.entries(GARBAGE))('/garbage?kind=%s', async (kind, bytes) => {
    await withClient(async (client) => {
      client.post(`/garbage?kind=${kind}`);
      await eventually(() => expect(client.text).toBe(bytes.toString('latin1')));
    });
  });
});

describe('what answers', () => {
  it.each([200, 204, 299, 404, 410, 503, 599, 600, 101])('/status/%i', async (status) => {
    expect(await answerTo(`/status/${status}`)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} X\r\n`));
    expect(await onlyRequest('/status')).toMatchObject({ statusCode: status, end: 'answered' });
  });

  it.each([
    ['/redirect?code=307&to=http://169.254.169.254/', /^HTTP\/1\.1 307 X\r\nlocation: http:\/\/169\.254\.169\.254\/\r\n/],
    ['/loop', /^HTTP\/1\.1 302 X\r\nlocation: \/loop\r\n/],
    ['/retry-after?value=7', /^HTTP\/1\.1 503 X\r\nretry-after: 7\r\n/],
    ['/retry-after?status=429&value=soon', /^HTTP\/1\.1 429 X\r\nretry-after: soon\r\n/],
    ['/retry-after?value=date:7', /retry-after: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r\n/],
    ['/trap', /^HTTP\/1\.1 200 X/],
  ])('%s', async (path, answer) => {
    expect(await answerTo(path)).toMatch(answer);
  });

  it('/flaky fails the first ones of each webhook-id', async () => {
    const statuses: string[] = [];
    for (let i = 0; i < 4; i++) statuses.push((await answerTo('/flaky?first=3')).slice(9, 12));
    expect(statuses).toEqual(['500', '500', '500', '200']);
  });

  it('keeps the connection for the next request', async () => {
    await withClient(async (client) => {
      client.post('/status/200');
      await eventually(() => expect(client.text).toContain('\r\n\r\n'));
      client.post('/trap');
      await eventually(async () => expect(await hostile.requests('/trap')).toHaveLength(1));
    });
    const [first, second] = await hostile.requests();
    expect(second?.connection).toBe(first?.connection);
  });

  it('counts connections at each address', async () => {
    // Of the test before.
    await eventually(async () => expect(await hostile.sockets('plain')).toMatchObject({ open: 0 }));
    await hostile.reset();
    await withClient(async () => {
      await withClient(async (client) => {
        client.post('/status/200');
        await eventually(async () => expect(await hostile.sockets('plain')).toMatchObject({ open: 2, peakOpen: 2, accepted: 2 }));
      });
      await eventually(async () => expect(await hostile.sockets('plain')).toMatchObject({ open: 1 }));
    });
    await eventually(async () => expect(await hostile.sockets('plain')).toMatchObject({ open: 0, peakOpen: 2 }));
    expect(await hostile.sockets('plain', hostOf(2))).toMatchObject({ accepted: 0 });
  });

  it('is well again after heal, until sicken', async () => {
    await hostile.heal('close');
    expect(await answerTo('/close')).toMatch(/^HTTP\/1\.1 200/);
    await hostile.sicken('close');
    await withClient(async (client) => {
      client.post('/close');
      await eventually(() => expect(client.ended).toBe('closed'));
    });
  });
});

describe('behind TLS', () => {
  it.each([
    ['tlsTrusted', undefined],
    ['tlsSelfSigned', 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    ['tlsExpired', 'CERT_HAS_EXPIRED'],
    ['tlsWrongHost', 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['plain', 'ERR_SSL_'],
  ] as const)('%s', async (listener, code) => {
    const ca = fs.readFileSync(hostile.authorityFile);
    const failure = await new Promise<string | undefined>((resolve) => {
      const socket = tls.connect({ port: hostile.ports[listener], host: '127.0.0.1', servername: 'localhost', ca });
      socket.once('secureConnect', () => resolve(undefined)).once('error', (error: NodeJS.ErrnoException) => resolve(error.code));
      socket.once('close', () => socket.destroy());
    });
    if (code === undefined) expect(failure).toBeUndefined();
    else expect(failure).toContain(code);
  });

  it('tlsHang accepts and says nothing', async () => {
    const socket = tls.connect({ port: hostile.ports.tlsHang, host: '127.0.0.1' }).on('error', () => undefined);
    await eventually(async () => expect(await hostile.sockets('tlsHang')).toMatchObject({ open: 1 }));
    socket.destroy();
    await eventually(async () =>
      expect(await hostile.sockets('tlsHang')).toMatchObject({ open: 0, accepted: 1, silent: [expect.anything()] }),
    );
  });
});
