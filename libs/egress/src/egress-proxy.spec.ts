import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { EgressProxy, egressProxyEnv } from './index.ts';

const schema = z.object(egressProxyEnv);

describe('the variable EGRESS_PROXY', () => {
  it('is no proxy when it is unset or empty', () => {
    expect(schema.parse({}).EGRESS_PROXY).toBeUndefined();
    expect(schema.parse({ EGRESS_PROXY: '' }).EGRESS_PROXY).toBeUndefined();
  });

  it.each([
    ['http://proxy.example:3128', 'proxy.example', 3128],
    ['http://proxy.example/', 'proxy.example', 80],
    ['http://hook:s%40crt@10.0.0.1:8888', '10.0.0.1', 8888],
    ['http://[fd00::1]:3128', 'fd00::1', 3128],
  ])('is a proxy in %s', (text, host, port) => {
    expect(schema.parse({ EGRESS_PROXY: text }).EGRESS_PROXY).toMatchObject({ host, port });
  });

  it.each([
    'hook:s%crt@inside.example:3128',
    'https://inside.example:3128',
    'socks5://inside.example:1080',
    'http://hook:s%crt@',
    'http://inside.example/path',
    'http://inside.example/?a=b',
    'http://user:s%crt@inside.example',
  ])('is refused, without a word of it, as %s', (text) => {
    const result = schema.safeParse({ EGRESS_PROXY: text });
    expect(result.error?.issues[0]?.message).toMatch(/^(must be a URL|has a user or password)/);
    expect(JSON.stringify(result.error)).not.toMatch(/s%crt|inside/);
  });
});

describe('an EgressProxy', () => {
  const proxy = new EgressProxy('http://hook:s%40crt@proxy.example:3128');

  it('asks for a connection with its user and password', () => {
    const authorization = `Basic ${Buffer.from('hook:s@crt').toString('base64')}`;
    expect(proxy.connectRequest('hooks.example', 443)).toBe(
      `CONNECT hooks.example:443 HTTP/1.1\r\nhost: hooks.example:443\r\nproxy-authorization: ${authorization}\r\n\r\n`,
    );
  });

  it('asks without them when it has none, and for an address in brackets', () => {
    expect(new EgressProxy('http://proxy.example:3128').connectRequest('2606:4700:4700::1111', 8443)).toBe(
      'CONNECT [2606:4700:4700::1111]:8443 HTTP/1.1\r\nhost: [2606:4700:4700::1111]:8443\r\n\r\n',
    );
  });

  it('does not show them', () => {
    for (const shown of [inspect(proxy, { depth: 5, showHidden: true }), JSON.stringify(proxy), `${proxy.host}:${proxy.port}`]) {
      expect(shown).toContain('proxy.example');
      expect(shown).not.toMatch(/hook|crt|aG9vaz/);
    }
  });
});
