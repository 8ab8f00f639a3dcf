import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { hostPort, list, onOff, parseEnv, port, serviceEnv, shownEnv } from './env.ts';

const schema = serviceEnv.extend({
  DATABASE_URL: z.url(),
  VAULT_ADDRESS: hostPort(),
  BROKERS: list().default([]),
  VERIFICATION: onOff().default(true),
});
const good = { HTTP_PORT: '8081', DATABASE_URL: 'postgres://localhost/registry', VAULT_ADDRESS: 'localhost:9082' };

describe('the environment', () => {
  it('is typed and has defaults', () => {
    const parsed = parseEnv(schema, { ...good, BROKERS: ' a:1, ,b:2,', VERIFICATION: 'off', HOME: '/nowhere' });
    expect(parsed).toEqual({
      ok: true,
      env: {
        ...good,
        HOST: '127.0.0.1',
        HTTP_PORT: 8081,
        LOG_LEVEL: 'info',
        HOOKWRIGHT_PROFILE: 'production',
        SHUTDOWN_GRACE_SECONDS: 35,
        BROKERS: ['a:1', 'b:2'],
        VERIFICATION: false,
      },
    });
  });

  it('takes an empty variable for an unset one', () => {
    expect(parseEnv(schema, { ...good, LOG_LEVEL: '', HOST: ' ' })).toMatchObject({ ok: true, env: { LOG_LEVEL: 'info' } });
    expect(parseEnv(schema, { ...good, DATABASE_URL: '' })).toMatchObject({ ok: false });
  });

  it('names every bad variable and repeats no value', () => {
    const secret = 'topsecret';
    const bad = {
      HTTP_PORT: secret,
      LOG_LEVEL: secret,
      HOOKWRIGHT_PROFILE: secret,
      SHUTDOWN_GRACE_SECONDS: secret,
      DATABASE_URL: secret,
      VAULT_ADDRESS: secret,
      VERIFICATION: secret,
    };
    const parsed = parseEnv(schema, bad);
    const faults = parsed.ok ? [] : parsed.faults;
    expect(faults.map((fault) => fault.split(':')[0]).sort()).toEqual(Object.keys(bad).sort());
    expect(faults.join('\n')).not.toContain(secret);
  });

  it('is shown without what may be a secret', () => {
    const proxied = schema.extend({ EGRESS_PROXY: z.string().optional(), OPERATOR_TOKEN: z.string() });
    const parsed = parseEnv(proxied, {
      ...good,
      DATABASE_URL: 'postgres://user:topsecret@localhost/x',
      OPERATOR_TOKEN: 'topsecret',
      BROKERS: 'a:1,b:2',
    });
    const shown = shownEnv({ EGRESS_PROXY: undefined, ...(parsed.ok ? parsed.env : {}) });
    expect(shown).toMatchObject({
      HTTP_PORT: '8081',
      BROKERS: 'a:1,b:2',
      DATABASE_URL: 'set',
      OPERATOR_TOKEN: 'set',
      EGRESS_PROXY: 'unset',
    });
    expect(JSON.stringify(shown)).not.toContain('topsecret');
  });

  it.each(['-1', '65536', '80.5', 'http'])('has no port %j', (value) => {
    expect(z.object({ PORT: port() }).safeParse({ PORT: value }).success).toBe(false);
  });

  it.each([
    ['localhost:80', true],
    ['10.0.0.1:9082', true],
    ['[::1]:9082', true],
    ['localhost', false],
    ['localhost:', false],
    ['a b:1', false],
    ['::1:80', false],
    ['http://localhost:80', false],
  ])('has %j as host:port: %s', (value, isOne) => {
    expect(hostPort().safeParse(value).success).toBe(isOne);
  });
});
