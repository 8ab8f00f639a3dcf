import net, { type Socket } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { OK, clientOf, hungUp, listening, post, rawServer, until } from './spec/servers.ts';

describe('connections', () => {
  it('are never more than there were requests at once, however long they are kept busy', async () => {
    const server = await rawServer((socket) => setImmediate(() => socket.write(OK)));
    const client = clientOf();
    const lane = async (): Promise<void> => {
      for (let n = 0; n < 50; n++) expect(await post(client, server.url)).toMatchObject({ statusCode: 200 });
    };
    await Promise.all(Array.from({ length: 10 }, lane));
    expect(server.sockets).toHaveLength(10);
  });

  it('that one app keeps waiting hold up no other app of the same origin', async () => {
    const { url } = await rawServer((socket, request) => {
      if (!request.includes('/hang')) socket.write(OK);
    });
    const client = clientOf();
    let over = 0;
    for (let n = 0; n < 100; n++) void post(client, `${url}/hang`, 30_000).finally(() => over++);
    expect(await post(client, url, 30_000)).toMatchObject({ statusCode: 200 });
    expect(over).toBe(0);
  });

  it('that hang are replaced one for one: never more than requests are under way', async () => {
    let most = 0;
    const server = net.createServer((socket) => {
      server.getConnections((_error, count) => (most = Math.max(most, count)));
      socket.resume();
    });
    const { url, sockets } = await listening(server);
    const client = clientOf();
    const lane = async (): Promise<void> => {
      for (let n = 0; n < 3; n++) expect(await post(client, url, 500)).toMatchObject({ category: 'timeout' });
    };
    await Promise.all(Array.from({ length: 10 }, lane));
    expect(sockets.length).toBeGreaterThan(0);
    // One may be on its way out while its successor comes in.
    expect(most).toBeLessThanOrEqual(11);
  });

  it('that are idle are bounded over all origins', async () => {
    const servers = await Promise.all([1, 2, 3].map(() => rawServer((socket) => socket.write(OK))));
    const client = clientOf({ maxIdleConnections: 2 });
    for (const { url } of servers) expect(await post(client, url)).toMatchObject({ statusCode: 200 });
    expect([client.originCount, client.idleCount]).toEqual([2, 2]);
    await hungUp(servers[2]?.sockets[0]);
    // A kept one is given and taken back.
    expect(await post(client, servers[0]!.url)).toMatchObject({ statusCode: 200 });
    expect([servers[0]?.sockets.length, client.idleCount]).toEqual([1, 2]);
  });

  it('leave no origin behind when they are gone', async () => {
    const { url, sockets } = await rawServer((socket) => socket.write(OK));
    const client = clientOf();
    await post(client, url);
    expect(client.originCount).toBe(1);
    sockets[0]?.destroy();
    await until(() => client.originCount === 0);
    expect(client.originCount).toBe(0);
  });

  it('are closed by close(), after what is under way', async () => {
    const held: Socket[] = [];
    const { url, sockets } = await rawServer((socket) => held.push(socket));
    const client = clientOf();
    const sent = post(client, url);
    await until(() => held.length > 0);
    const closed = client.close();
    held[0]?.write(OK);
    expect(await sent).toMatchObject({ statusCode: 200 });
    await closed;
    await hungUp(sockets[0]);
  });
});
