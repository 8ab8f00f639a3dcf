import net from 'node:net';
import { once } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { freePort } from './free-port.ts';
import { DEFAULT_PORTS, readPorts, requireFree } from './ports.ts';

describe('readPorts', () => {
  it('takes the defaults, and a variable where there is one', () => {
    expect(readPorts({})).toEqual(DEFAULT_PORTS);
    expect(readPorts({ GATEWAY_PORT: '18080', KAFKA_PORT: '' })).toEqual({ ...DEFAULT_PORTS, GATEWAY_PORT: 18080 });
  });

  it.each([
    [{ GATEWAY_PORT: 'http' }, 'GATEWAY_PORT=http is no port'],
    [{ REDIS_PORT: '70000' }, 'REDIS_PORT=70000 is no port'],
    [{ POSTGRES_PORT: '0' }, 'POSTGRES_PORT=0 is no port'],
    [{ GATEWAY_PORT: '9081' }, 'REGISTRY_GRPC_PORT and GATEWAY_PORT are both 9081'],
  ])('refuses %j', (env, message) => {
    expect(() => readPorts(env)).toThrow(message);
  });
});

describe('freePort', () => {
  it('gives no port twice, though nobody listens on it yet', async () => {
    const ports = await Promise.all(Array.from({ length: 1000 }, () => freePort()));
    expect(new Set(ports).size).toBe(1000);
  });
});

describe('requireFree', () => {
  it('names every busy port and its variable, and what to type', async () => {
    const port = await freePort();
    const server = net.createServer().listen(port, '127.0.0.1');
    await once(server, 'listening');
    const ports = { ...DEFAULT_PORTS, GATEWAY_PORT: port };
    await expect(requireFree(ports, ['GATEWAY_PORT'])).rejects.toMatchObject({
      message: `port ${port} (GATEWAY_PORT): another process listens there`,
      advice: expect.stringContaining(`GATEWAY_PORT=${port + 10_000} npm start`),
    });
    server.close();
    await once(server, 'close');
    await expect(requireFree(ports, ['GATEWAY_PORT'])).resolves.toBeUndefined();
  });
});
