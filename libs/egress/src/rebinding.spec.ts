import { afterEach, describe, expect, it } from '@jest/globals';
import { systemResolveHost } from './host-addresses.ts';
import { parseNetwork, PRODUCTION_POLICY, resolveAndJudge, type EgressClient, type EgressPolicy } from './index.ts';
import { nameServer, type NameServer } from './spec/name-server.ts';
import { clientOf, hungUp, OK, post, rawServer } from './spec/servers.ts';

// 127.0.0.1 is the good address here, and 127.0.0.2, where the trap listens, an inside one.
const POLICY: EgressPolicy = { allowNetworks: [parseNetwork('127.0.0.1/32')], allowHttp: true, allowPorts: '*' };
const CLOSING = OK.replace('\r\n\r\n', '\r\nconnection: close\r\n\r\n');

let names: NameServer | undefined;

afterEach(async () => {
  await names?.close();
  names = undefined;
});

async function clientAsking(addressesOf: () => readonly string[]): Promise<{ client: EgressClient; names: NameServer }> {
  names = await nameServer(addressesOf);
  return { client: clientOf({ policy: POLICY, resolveHost: systemResolveHost([names.server]) }), names };
}

describe('a name server that changes its answers', () => {
  it('brings no connection to a refused address, at any turn', async () => {
    const good = await rawServer((socket) => socket.write(CLOSING));
    const trap = await rawServer((socket) => socket.write(CLOSING), { port: good.port, host: '127.0.0.2' });
    let turn = 0;
    const { client } = await clientAsking(() => (turn++ % 3 === 0 ? ['127.0.0.1'] : ['127.0.0.2']));
    const seen: string[] = [];
    for (let n = 0; n < 60; n++) {
      const result = await post(client, `http://hooks.example:${good.port}/`);
      seen.push(result.kind === 'response' ? 'sent' : result.kind === 'error' ? result.category : 'unsent');
    }
    expect(new Set(seen)).toEqual(new Set(['sent', 'blocked_target']));
    expect(good.sockets).toHaveLength(seen.filter((one) => one === 'sent').length);
    expect(trap.sockets).toHaveLength(0);
  });

  it('is asked once for a connection, for both kinds of addresses, and not again while it is kept', async () => {
    const good = await rawServer((socket) => socket.write(OK));
    const { client, names: asked } = await clientAsking(() => ['127.0.0.1']);
    for (let n = 0; n < 3; n++) expect(await post(client, `http://hooks.example:${good.port}/`)).toMatchObject({ statusCode: 200 });
    expect([asked.questions(), good.sockets.length]).toEqual([2, 1]);
  });

  it('is asked again after the connection is gone, and judged again', async () => {
    const good = await rawServer((socket) => socket.write(OK));
    const trap = await rawServer((socket) => socket.write(OK), { port: good.port, host: '127.0.0.2' });
    let answer = ['127.0.0.1'];
    const { client } = await clientAsking(() => answer);
    expect(await post(client, `http://hooks.example:${good.port}/`)).toMatchObject({ statusCode: 200 });
    answer = ['127.0.0.2'];
    good.sockets[0]?.end();
    await hungUp(good.sockets[0]);
    expect(await post(client, `http://hooks.example:${good.port}/`)).toMatchObject({ category: 'blocked_target' });
    expect(trap.sockets).toHaveLength(0);
  });
});

describe('a name with good and refused addresses', () => {
  it.each([
    [['127.0.0.1', '127.0.0.2']],
    [['127.0.0.2', '127.0.0.1']],
    [['127.0.0.1', '::1']],
    [['127.0.0.1', '10.0.0.1']],
    [['127.0.0.1', '::ffff:127.0.0.2']],
    [['127.0.0.1', '64:ff9b::7f00:2']],
    [['127.0.0.1', '169.254.169.254', 'fd00:ec2::254']],
  ])('is refused as a whole: %j', async (addresses) => {
    const good = await rawServer((socket) => socket.write(OK));
    const trap = await rawServer((socket) => socket.write(OK), { port: good.port, host: '127.0.0.2' });
    const { client } = await clientAsking(() => addresses);
    expect(await post(client, `http://hooks.example:${good.port}/`)).toMatchObject({ category: 'blocked_target' });
    expect([good.sockets.length, trap.sockets.length]).toEqual([0, 0]);
  });

  it('is refused when it is saved, too', async () => {
    names = await nameServer(() => ['93.184.216.34', '10.0.0.1']);
    const resolve = systemResolveHost([names.server]);
    expect(await resolveAndJudge('hooks.example', PRODUCTION_POLICY, 2000, resolve)).toMatchObject({ ok: false, code: 'url_blocked' });
  });
});
