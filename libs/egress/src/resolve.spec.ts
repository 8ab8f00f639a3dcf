import { describe, expect, it } from '@jest/globals';
import { parseHosts } from './host-addresses.ts';
import { parseNetwork, PRODUCTION_POLICY, resolveAndJudge, UnresolvedHost, type EgressPolicy } from './index.ts';

const DEVELOPMENT: EgressPolicy = { allowNetworks: ['127.0.0.0/8', '::1/128'].map(parseNetwork), allowHttp: true, allowPorts: '*' };

function judge(addresses: readonly string[], policy = PRODUCTION_POLICY): ReturnType<typeof resolveAndJudge> {
  return resolveAndJudge('hooks.example', policy, 1000, () => Promise.resolve(addresses));
}

describe('resolveAndJudge', () => {
  it.each([[['93.184.216.34']], [['93.184.216.34', '2606:4700:4700::1111']]])(
    'accepts a name of public addresses: %j',
    async (addresses) => {
      expect(await judge(addresses)).toEqual({ ok: true, addresses, isSilent: false });
    },
  );

  it.each([
    [['10.0.0.1']],
    [['93.184.216.34', '127.0.0.1']],
    [['::1', '93.184.216.34']],
    [['::ffff:169.254.169.254']],
    [['64:ff9b::a00:1']],
    [['nonsense']],
  ])('blocks a name with any blocked address: %j', async (addresses) => {
    expect(await judge(addresses)).toMatchObject({
      ok: false,
      code: 'url_blocked',
      reason: expect.stringContaining('an address of the host is'),
    });
  });

  it('does not tell which inside address a name has', async () => {
    expect(JSON.stringify(await judge(['10.11.12.13']))).not.toContain('10.11');
  });

  it('accepts a name that does not resolve', async () => {
    const verdict = await resolveAndJudge('hooks.example', PRODUCTION_POLICY, 1000, () => Promise.reject(new UnresolvedHost('ENOTFOUND')));
    expect(verdict).toEqual({ ok: true, addresses: [], isSilent: false });
  });

  it('accepts a name that does not resolve in time', async () => {
    const never = new Promise<string[]>(() => undefined);
    expect(await resolveAndJudge('hooks.example', PRODUCTION_POLICY, 50, () => never)).toEqual({ ok: true, addresses: [], isSilent: true });
  });

  it.each([
    ['127.0.0.1', PRODUCTION_POLICY, false],
    ['[::1]', PRODUCTION_POLICY, false],
    ['[2606:4700:4700::1111]', PRODUCTION_POLICY, true],
    ['8.8.8.8', PRODUCTION_POLICY, true],
    ['127.0.0.1', DEVELOPMENT, true],
    ['[::1]', DEVELOPMENT, true],
    ['10.0.0.1', DEVELOPMENT, false],
  ])('judges an address without asking DNS: %s', async (host, policy, ok) => {
    const verdict = await resolveAndJudge(host, policy, 1000, () => Promise.reject(new Error('asked')));
    expect(verdict.ok).toBe(ok);
  });

  it('knows localhost by itself', async () => {
    expect(await resolveAndJudge('localhost', PRODUCTION_POLICY)).toMatchObject({ ok: false });
    expect(await resolveAndJudge('app.localhost', DEVELOPMENT)).toMatchObject({ ok: true, addresses: ['127.0.0.1', '::1'] });
  });
});

describe('parseHosts', () => {
  it('reads names, aliases, several addresses of a name and comments', () => {
    const text = '127.0.0.1\tlocalhost  Alias # comment\n\n# 10.0.0.1 no\n::1 localhost\n  192.168.65.2 host.docker.internal\nlonely\n';
    expect([...parseHosts(text)]).toEqual([
      ['localhost', ['127.0.0.1', '::1']],
      ['alias', ['127.0.0.1']],
      ['host.docker.internal', ['192.168.65.2']],
    ]);
  });
});
