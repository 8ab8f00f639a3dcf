import { describe, expect, it } from '@jest/globals';
import { OK, clientOf, error, post, rawServer } from './spec/servers.ts';

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
    const server = await rawServer(() => undefined);
    await server.close();
    const client = clientOf({ resolveHost: () => Promise.resolve(['127.0.0.1', '::1']) });
    expect(await post(client, `http://hooks.example:${server.port}/`)).toEqual(error('connection', 'refused'));
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
