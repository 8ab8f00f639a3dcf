import net from 'node:net';
import tls from 'node:tls';
import { describe, expect, it } from '@jest/globals';
import { EgressClient, parseNetwork } from './index.ts';
import { certificate, selfSigned, testAuthority, type Certificate } from './spec/certificates.ts';
import { clientOf, error, listening, post } from './spec/servers.ts';

const HOST = 'hooks.example';
const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok';

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

function tlsClient(options: { connectTimeoutMs?: number } = {}): EgressClient {
  return clientOf({
    policy: { allowNetworks: [parseNetwork('127.0.0.0/8')], allowHttp: false, allowPorts: '*' },
    certificateAuthorities: [testAuthority()],
    resolveHost: () => Promise.resolve(['127.0.0.1']),
    ...options,
  });
}

async function portOf(server: net.Server): Promise<number> {
  return (await listening(server)).port;
}

describe('an https endpoint', () => {
  it('is spoken to by its name, in HTTP/1.1, and its session is resumed', async () => {
    const { port, requests, handshakes } = await tlsEndpoint(certificate({ name: 'good', subjects: `DNS:${HOST}`, days: 2 }));
    const client = tlsClient();
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
    expect(await post(tlsClient(), `https://127.0.0.1:${port}/`)).toMatchObject({ statusCode: 200 });
    expect(handshakes).toMatchObject([{ servername: false }]);
  });
});

describe('no request is seen by an endpoint', () => {
  it.each<[string, () => Certificate, string, string]>([
    ['with a self-signed certificate', () => selfSigned(HOST), HOST, 'self-signed certificate'],
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
    const result = await post(tlsClient(), `https://${host}:${port}/`);
    expect(result).toEqual(error('tls', message));
    expect(JSON.stringify(result)).not.toContain('Node.js');
    expect(requests).toEqual([]);
  });

  it('of an authority that is not public', async () => {
    const credentials = certificate({ name: 'private', subjects: `DNS:${HOST}`, days: 2 });
    const { port, requests } = await tlsEndpoint(credentials);
    const client = clientOf({
      policy: { allowNetworks: [parseNetwork('127.0.0.0/8')], allowHttp: false, allowPorts: '*' },
      resolveHost: () => Promise.resolve(['127.0.0.1']),
    });
    expect(await post(client, `https://${HOST}:${port}/`)).toEqual(error('tls', 'unable to'));
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
    expect(await post(tlsClient(), `https://${HOST}:${await portOf(server)}/`)).toEqual(error('tls', 'the endpoint does not speak TLS'));
    expect(seen.join('')).not.toContain('POST');
  });

  it('that closes during the handshake', async () => {
    const server = net.createServer((socket) => socket.once('data', () => socket.end()));
    expect(await post(tlsClient(), `https://${HOST}:${await portOf(server)}/`)).toEqual(error('tls', 'closed during the TLS handshake'));
  });

  it('that hangs in the handshake, for longer than connecting may take', async () => {
    const server = net.createServer();
    const result = await post(tlsClient({ connectTimeoutMs: 250 }), `https://${HOST}:${await portOf(server)}/`);
    expect(result).toEqual(error('timeout', 'no connection within 250 ms'));
    expect(result.durationMs).toBeLessThan(650);
  });

  it('that hangs in the handshake, when the request has less time', async () => {
    const server = net.createServer();
    const sent = tlsClient().send({ url: `https://${HOST}:${await portOf(server)}/`, headers: {}, body: Buffer.alloc(0), timeoutMs: 250 });
    const result = await sent;
    expect(result).toEqual(error('timeout', 'no connection within 250 ms'));
    expect(result.durationMs).toBeLessThan(650);
  });
});
