import net from 'node:net';
import tls from 'node:tls';
import { describe, expect, it } from '@jest/globals';
import { EgressProxy, parseNetwork, PRODUCTION_POLICY, type EgressClient, type EgressClientOptions, type EgressPolicy } from './index.ts';
import { certificate, selfSigned, testAuthority, type Certificate } from './spec/certificates.ts';
import { connectProxy } from './spec/proxies.ts';
import { clientOf, error, every, listening, OK, post, rawServer, until } from './spec/servers.ts';

const HOST = 'hooks.example';
const ANY_PORT: EgressPolicy = { ...PRODUCTION_POLICY, allowHttp: true, allowPorts: '*' };

// An address that is public to the policy; what the proxy makes of the name is the proxy's business.
function proxied(options: Partial<EgressClientOptions>): EgressClient {
  return clientOf({
    policy: ANY_PORT,
    certificateAuthorities: [testAuthority()],
    resolveHost: () => Promise.resolve(['93.184.216.34']),
    ...options,
  });
}

async function tlsEndpoint(credentials: Certificate): Promise<{ port: number; requests: string[] }> {
  const requests: string[] = [];
  const server = tls.createServer(credentials, (socket) => {
    socket.on('error', () => undefined).on('data', (data) => (requests.push(data.toString('latin1')), socket.write(OK)));
  });
  server.on('tlsClientError', () => undefined);
  return { port: (await listening(server)).port, requests };
}

describe('a request through the proxy', () => {
  it('asks it for a tunnel by name, and keeps the tunnel for the next', async () => {
    const { port } = await rawServer((socket) => socket.write(OK));
    const { proxy, heads } = await connectProxy();
    const client = proxied({ proxy });
    for (let n = 0; n < 3; n++) expect(await post(client, `http://${HOST}:${port}/hook`)).toMatchObject({ statusCode: 200 });
    expect(heads).toEqual([proxy.connectRequest(HOST, port)]);
    expect(heads[0]).toContain('\r\nproxy-authorization: Basic ');
    expect(() => client.check()).not.toThrow();
  });

  it('is TLS from end to end: the certificate is the endpoint’s, and the proxy reads nothing', async () => {
    const { port, requests } = await tlsEndpoint(certificate({ name: 'tunnel', subjects: `DNS:${HOST}`, days: 2 }));
    const { proxy, heads } = await connectProxy();
    expect(await post(proxied({ proxy }), `https://${HOST}:${port}/hook`)).toMatchObject({ statusCode: 200 });
    expect(heads).toHaveLength(1);
    expect(requests[0]).toMatch(/^POST \/hook HTTP\/1\.1\r\n/);
    // The proxy's password goes no further.
    expect(requests[0]).not.toMatch(/proxy-auth|Basic/i);
  });

  it.each<[string, () => Certificate, string]>([
    ['self-signed', () => selfSigned(HOST), 'self-signed certificate'],
    [
      'for another host',
      () => certificate({ name: 'tunnel-other', subjects: 'DNS:other.example', days: 2 }),
      "is not in the cert's altnames",
    ],
  ])('is not sent to a certificate that is %s', async (_what, credentials, message) => {
    const { port, requests } = await tlsEndpoint(credentials());
    const { proxy } = await connectProxy();
    expect(await post(proxied({ proxy }), `https://${HOST}:${port}/`)).toEqual(error('tls', message));
    expect(requests).toEqual([]);
  });

  it('is judged by its URL all the same', async () => {
    const { proxy, heads } = await connectProxy();
    const client = proxied({ proxy });
    for (const url of [
      'http://127.0.0.1/',
      'http://169.254.169.254/',
      'http://[::1]/',
      'http://localhost/',
      'http://metadata.google.internal/',
    ]) {
      expect(await post(client, url)).toMatchObject({ category: 'blocked_target' });
    }
    expect(await post(proxied({ proxy, policy: PRODUCTION_POLICY }), `http://${HOST}/`)).toMatchObject({ category: 'blocked_target' });
    expect(heads).toEqual([]);
  });

  it('is judged by the addresses that its host has here', async () => {
    const { proxy, heads } = await connectProxy();
    const client = proxied({ proxy, resolveHost: () => Promise.resolve(['93.184.216.34', '10.0.0.1']) });
    expect(await post(client, `http://${HOST}/`)).toEqual(error('blocked_target', 'not publicly routable'));
    expect(heads).toEqual([]);
  });

  it('is judged although the name servers of another host are silent', async () => {
    const { port } = await rawServer((socket) => socket.end(OK));
    const { proxy, heads } = await connectProxy();
    const resolveHost = (name: string): Promise<string[]> =>
      name === HOST ? new Promise(() => undefined) : Promise.resolve(['169.254.169.254']);
    const client = proxied({ proxy, resolveHost, connectTimeoutMs: 3000 });
    expect(await post(client, `http://${HOST}:${port}/`, 5000)).toMatchObject({ statusCode: 200 });
    expect(await post(client, `http://inside.example:${port}/`, 5000)).toMatchObject({ category: 'blocked_target' });
    expect(heads).toHaveLength(1);
  });

  it('goes out when the host has none here, and does not wait for a DNS that is silent twice', async () => {
    const { port } = await rawServer((socket) => socket.end(OK));
    const { proxy } = await connectProxy();
    const unknown = proxied({ proxy, resolveHost: () => Promise.reject(new Error('ENOTFOUND')) });
    expect(await post(unknown, `http://${HOST}:${port}/`)).toMatchObject({ statusCode: 200 });

    let asked = 0;
    const silent = (): Promise<string[]> => {
      asked += 1;
      return new Promise(() => undefined);
    };
    const client = proxied({ proxy, resolveHost: silent, connectTimeoutMs: 3000 });
    for (let n = 0; n < 2; n++) expect(await post(client, `http://${HOST}:${port}/`, 5000)).toMatchObject({ statusCode: 200 });
    expect(asked).toBe(1);
  });

  it('keeps the policy’s own networks reachable', async () => {
    const { port } = await rawServer((socket) => socket.write(OK));
    const { proxy } = await connectProxy();
    const policy = { ...ANY_PORT, allowNetworks: [parseNetwork('127.0.0.0/8')] };
    expect(await post(proxied({ proxy, policy }), `http://127.0.0.1:${port}/`)).toMatchObject({ statusCode: 200 });
  });
});

describe('what the proxy says of the endpoint counts for the endpoint', () => {
  it.each([
    [403, '', 'blocked_target', 'the egress proxy refuses the target (403)'],
    [407, '', 'blocked_target', 'the egress proxy refuses the target (407)'],
    [451, '', 'blocked_target', 'the egress proxy refuses the target (451)'],
    [502, '', 'connection', 'the egress proxy could not reach the endpoint (502)'],
    [503, '', 'connection', 'the egress proxy could not reach the endpoint (503)'],
    [504, '', 'timeout', 'the egress proxy had no connection to the endpoint in time (504)'],
  ])('%i%s: %s', async (status, headers, category, message) => {
    const { proxy } = await connectProxy(`HTTP/1.1 ${status} No\r\n${headers}content-length: 2\r\n\r\nno`);
    const client = proxied({ proxy });
    expect(await post(client, `http://${HOST}/`)).toEqual(error(category, message));
    expect(() => client.check()).not.toThrow();
  });

  it('silence of a proxy that answers others: a timeout, inside the connect timeout', async () => {
    let connections = 0;
    const { proxy } = await connectProxy((socket) => {
      if (++connections > 1) socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
    });
    const client = proxied({ proxy, connectTimeoutMs: 1000 });
    const result = await post(client, `http://${HOST}/`);
    expect(result).toEqual(error('timeout', 'the egress proxy had no connection to the endpoint in time'));
    expect(result.durationMs).toBeLessThan(1500);
    expect(() => client.check()).not.toThrow();
  });

  it('a tunnel that is cut: a broken connection', async () => {
    const { proxy } = await connectProxy((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      socket.once('data', () => socket.end());
    });
    expect(await post(proxied({ proxy }), `http://${HOST}/`)).toEqual(error('connection', 'closed before'));
  });

  it('an endpoint behind an open tunnel that hangs: its own timeout', async () => {
    const { port } = await rawServer(() => undefined);
    const { proxy } = await connectProxy();
    expect(await post(proxied({ proxy }), `http://${HOST}:${port}/`, 400)).toEqual(error('timeout', 'no response within 400 ms'));
  });
});

describe('a failure of the proxy itself is not the endpoint’s', () => {
  const unsent = (message: string): object => ({
    kind: 'unsent',
    message: expect.stringContaining(message),
    durationMs: expect.any(Number),
  });

  it.each<[string, string | ((socket: net.Socket) => void), string]>([
    [
      'asks for another password',
      'HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm="x"\r\n\r\n',
      'does not accept its user and password',
    ],
    ['does not know CONNECT', 'HTTP/1.1 405 No\r\n\r\n', 'answered 405'],
    ['has too much to do', 'HTTP/1.1 429 No\r\n\r\n', 'answered 429'],
    ['is broken', 'HTTP/1.1 500 No\r\n\r\n', 'answered 500'],
    ['redirects', 'HTTP/1.1 302 No\r\nlocation: http://127.0.0.1/\r\n\r\n', 'answered 302'],
    ['is no proxy', 'SSH-2.0-OpenSSH_9.6\r\n\r\n', 'does not speak HTTP'],
    ['hangs up', (socket) => socket.end(), 'closed the connection'],
    ['resets', (socket) => socket.resetAndDestroy(), 'closed the connection'],
    ['answers without an end', (socket) => every(1, socket, () => socket.write('x'.repeat(10_000))), 'does not speak HTTP'],
  ])('when it %s', async (_what, answer, message) => {
    const { proxy } = await connectProxy(answer);
    const client = proxied({ proxy, connectTimeoutMs: 900 });
    const result = await post(client, `http://${HOST}/`);
    expect(result).toEqual(unsent(message));
    expect(JSON.stringify(result)).not.toMatch(/s3cret|hook:|Basic/);
    expect(() => client.check()).toThrow(message);
  });

  it('when it takes the connection and answers nobody, inside the connect timeout', async () => {
    const { proxy, sockets } = await connectProxy(() => undefined);
    const client = proxied({ proxy, connectTimeoutMs: 500 });
    const result = await post(client, `http://${HOST}/`);
    expect(result).toEqual(unsent('the egress proxy did not answer in time'));
    expect(result.durationMs).toBeLessThan(1000);
    expect(sockets).toHaveLength(2);
    expect(() => client.check()).toThrow('did not answer');
  });

  it.each([300, 3000])('when it is away, and the request has %i ms', async (timeoutMs) => {
    const away = await connectProxy();
    await away.close();
    const client = proxied({ proxy: away.proxy, connectTimeoutMs: 500 });
    expect(await post(client, `http://${HOST}/`, timeoutMs)).toEqual(unsent('the egress proxy cannot be reached (ECONNREFUSED)'));
    expect(() => client.check()).toThrow('cannot be reached');
  });

  it('and what waited for it is sent when it is back', async () => {
    const { port } = await rawServer((socket) => socket.write(OK));
    const away = await connectProxy();
    await away.close();
    const client = proxied({ proxy: away.proxy, connectTimeoutMs: 10_000 });
    const sent = post(client, `http://${HOST}:${port}/`, 10_000);
    await until(() => !works(client));
    await connectProxy(undefined, away.proxy.port);
    expect(await sent).toMatchObject({ statusCode: 200 });
    expect(works(client)).toBe(true);
  });

  it('has its name looked up by the system, and fails the same when there is none', async () => {
    const proxy = new EgressProxy('http://no-such-proxy.invalid:3128');
    expect(await post(proxied({ proxy, connectTimeoutMs: 900 }), `http://${HOST}/`)).toEqual(unsent('the egress proxy cannot be reached'));
  });
});

function works(client: EgressClient): boolean {
  try {
    client.check();
    return true;
  } catch {
    return false;
  }
}
