import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { EgressClient, parseNetwork, type SendResult } from './index.ts';

const HOST = 'hooks.example';
const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok';

const directory = mkdtempSync(join(tmpdir(), 'hookwright-tls-'));
let authority = '';

const open: { close: () => Promise<unknown> }[] = [];

beforeAll(() => {
  openssl('req', '-x509', ...newKey('ca'), '-out', 'ca.pem', '-subj', '/CN=Hookwright test authority', '-days', '2');
  authority = readFileSync(join(directory, 'ca.pem'), 'utf8');
});

afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

afterAll(() => rmSync(directory, { recursive: true }));

function openssl(...args: string[]): void {
  execFileSync('openssl', args, { cwd: directory, stdio: 'pipe' });
}

function newKey(name: string): string[] {
  return ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', `${name}.key`];
}

interface Certificate {
  readonly key: Buffer;
  readonly cert: Buffer;
}

/** A certificate for names such as `DNS:hooks.example`, signed by the test's authority. */
function certificate({ name, subjects, days }: { name: string; subjects: string; days: number }): Certificate {
  openssl('req', ...newKey(name), '-out', `${name}.csr`, '-subj', `/CN=${name}`, '-addext', `subjectAltName=${subjects}`);
  const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-copy_extensions', 'copy', '-days', String(days)];
  openssl('x509', '-req', '-in', `${name}.csr`, ...signed, '-out', `${name}.pem`);
  return read(name);
}

function selfSigned(): Certificate {
  openssl(
    'req',
    '-x509',
    ...newKey('self'),
    '-out',
    'self.pem',
    '-subj',
    '/CN=self',
    '-addext',
    `subjectAltName=DNS:${HOST}`,
    '-days',
    '2',
  );
  return read('self');
}

function read(name: string): Certificate {
  return { key: readFileSync(join(directory, `${name}.key`)), cert: readFileSync(join(directory, `${name}.pem`)) };
}

async function portOf(server: net.Server): Promise<number> {
  const sockets = new Set<net.Socket>();
  server.on('connection', (socket) => sockets.add(socket.on('error', () => undefined)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push({
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  });
  return (server.address() as AddressInfo).port;
}

interface Endpoint {
  readonly port: number;
  /** Requests that were readable, after the handshake. */
  readonly requests: string[];
  readonly handshakes: { servername: string | false | null; resumed: boolean; protocol: string | false | null }[];
}

async function tlsEndpoint(credentials: Certificate): Promise<Endpoint> {
  const requests: string[] = [];
  const handshakes: Endpoint['handshakes'] = [];
  const server = tls.createServer({ ...credentials, ALPNProtocols: ['h2', 'http/1.1'] }, (socket) => {
    handshakes.push({ servername: socket.servername, resumed: socket.isSessionReused(), protocol: socket.alpnProtocol });
    socket
      .on('error', () => undefined)
      .on('data', (data) => {
        requests.push(data.toString());
        socket.end(OK);
      });
  });
  server.on('tlsClientError', () => undefined);
  return { port: await portOf(server), requests, handshakes };
}

function clientOf(options: Partial<ConstructorParameters<typeof EgressClient>[0]> = {}): EgressClient {
  const client = new EgressClient({
    policy: { allowNetworks: [parseNetwork('127.0.0.0/8')], allowHttp: false, allowPorts: '*' },
    certificateAuthorities: [authority],
    resolveHost: () => Promise.resolve(['127.0.0.1']),
    ...options,
  });
  open.unshift(client);
  return client;
}

function post(client: EgressClient, url: string): Promise<SendResult> {
  return client.send({ url, headers: {}, body: Buffer.from('{}'), timeoutMs: 3000 });
}

function tlsError(message: string): object {
  return { kind: 'error', category: 'tls', message: expect.stringContaining(message), durationMs: expect.any(Number) };
}

describe('an https endpoint', () => {
  it('is spoken to by its name, in HTTP/1.1, and its session is resumed', async () => {
    const { port, requests, handshakes } = await tlsEndpoint(certificate({ name: 'good', subjects: `DNS:${HOST}`, days: 2 }));
    const client = clientOf();
    for (let i = 0; i < 2; i++)
      expect(await post(client, `https://${HOST}:${port}/a`)).toMatchObject({ kind: 'response', statusCode: 200 });
    expect(requests[0]).toMatch(/^POST \/a HTTP\/1\.1\r\n/);
    expect(handshakes).toEqual([
      { servername: HOST, resumed: false, protocol: 'http/1.1' },
      { servername: HOST, resumed: true, protocol: 'http/1.1' },
    ]);
  });

  it('may be an address that its certificate names', async () => {
    const { port, handshakes } = await tlsEndpoint(certificate({ name: 'address', subjects: 'IP:127.0.0.1', days: 2 }));
    expect(await post(clientOf(), `https://127.0.0.1:${port}/`)).toMatchObject({ statusCode: 200 });
    expect(handshakes).toMatchObject([{ servername: false }]);
  });
});

describe('no request is seen by an endpoint', () => {
  it.each<[string, () => Certificate, string, string]>([
    ['with a self-signed certificate', selfSigned, HOST, 'self-signed certificate'],
    [
      'whose certificate has expired',
      () => certificate({ name: 'expired', subjects: `DNS:${HOST}`, days: -1 }),
      HOST,
      'certificate has expired',
    ],
    [
      'whose certificate is for another host',
      () => certificate({ name: 'other', subjects: 'DNS:other.example', days: 2 }),
      HOST,
      "is not in the cert's altnames",
    ],
    [
      'that is an address its certificate does not name',
      () => certificate({ name: 'unnamed', subjects: `DNS:${HOST}`, days: 2 }),
      '127.0.0.1',
      "is not in the cert's list",
    ],
  ])('%s', async (_what, credentials, host, message) => {
    const { port, requests } = await tlsEndpoint(credentials());
    expect(await post(clientOf(), `https://${host}:${port}/`)).toEqual(tlsError(message));
    expect(requests).toEqual([]);
  });

  it('of an authority that is not public', async () => {
    const credentials = certificate({ name: 'private', subjects: `DNS:${HOST}`, days: 2 });
    const { port, requests } = await tlsEndpoint(credentials);
    const client = new EgressClient({
      policy: { allowNetworks: [parseNetwork('127.0.0.0/8')], allowHttp: false, allowPorts: '*' },
      resolveHost: () => Promise.resolve(['127.0.0.1']),
    });
    open.unshift(client);
    expect(await post(client, `https://${HOST}:${port}/`)).toEqual(tlsError('unable to'));
    expect(requests).toEqual([]);
  });

  it('that speaks plain HTTP', async () => {
    const seen: string[] = [];
    const server = net.createServer((socket) => {
      socket.on('data', (data) => {
        seen.push(data.toString('latin1'));
        socket.end('HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n');
      });
    });
    expect(await post(clientOf(), `https://${HOST}:${await portOf(server)}/`)).toEqual(tlsError('the endpoint does not speak TLS'));
    expect(seen.join('')).not.toContain('POST');
  });

  it('that closes during the handshake', async () => {
    const server = net.createServer((socket) => socket.once('data', () => socket.end()));
    expect(await post(clientOf(), `https://${HOST}:${await portOf(server)}/`)).toEqual(tlsError('closed during the TLS handshake'));
  });

  it('that hangs in the handshake, for longer than connecting may take', async () => {
    const server = net.createServer();
    const result = await post(clientOf({ connectTimeoutMs: 250 }), `https://${HOST}:${await portOf(server)}/`);
    expect(result).toMatchObject({ kind: 'error', category: 'timeout', message: 'no connection within 250 ms' });
    expect(result.durationMs).toBeLessThan(650);
  });

  it('that hangs in the handshake, when the request has less time', async () => {
    const server = net.createServer();
    const sent = clientOf().send({ url: `https://${HOST}:${await portOf(server)}/`, headers: {}, body: Buffer.alloc(0), timeoutMs: 250 });
    const result = await sent;
    expect(result).toMatchObject({ kind: 'error', category: 'timeout', message: 'no connection within 250 ms' });
    expect(result.durationMs).toBeLessThan(650);
  });
});
