import { describe, expect, it } from '@jest/globals';
import { parseEnv } from '@hookwright/runtime';
import { gatewayEnv } from './env.ts';

const valid = {
  HTTP_PORT: '8080',
  DATABASE_URL: 'postgresql://hookwright@127.0.0.1:15432/hookwright_gateway',
  REDIS_URL: 'redis://127.0.0.1:16379',
  REGISTRY_ADDRESS: '127.0.0.1:9081',
  VAULT_ADDRESS: '127.0.0.1:9082',
  DELIVERY_ADDRESS: '127.0.0.1:9084',
  GRPC_TLS: 'off',
  OPERATOR_TOKEN: 'a-token-of-more-than-32-characters',
  PUBLIC_URL: 'https://hooks.example',
};
const faultsOf = (env: Record<string, string>): string[] => {
  const result = parseEnv(gatewayEnv, { ...valid, ...env });
  return result.ok ? [] : result.faults;
};

describe("the gateway's environment", () => {
  it('is production by default, with 600 requests a minute and no demo keys', () => {
    expect(parseEnv(gatewayEnv, valid)).toMatchObject({
      ok: true,
      env: { HOOKWRIGHT_PROFILE: 'production', RATE_LIMIT_PER_MINUTE: 600, DEMO_KEYS: false, SYSTEM_HEALTH_URLS: [] },
    });
  });

  it('reads which services /health/system asks', () => {
    expect(
      parseEnv(gatewayEnv, { ...valid, SYSTEM_HEALTH_URLS: 'registry=http://127.0.0.1:8081, vault=http://127.0.0.1:8082' }),
    ).toMatchObject({
      env: {
        SYSTEM_HEALTH_URLS: [
          { name: 'registry', url: 'http://127.0.0.1:8081' },
          { name: 'vault', url: 'http://127.0.0.1:8082' },
        ],
      },
    });
    expect(faultsOf({ SYSTEM_HEALTH_URLS: 'registry' })).toEqual([expect.stringContaining('SYSTEM_HEALTH_URLS')]);
  });

  it.each([
    'https://hooks.example/api',
    'https://hooks.example?a',
    'https://hooks.example/#',
    'https://user@hooks.example',
    'hooks.example',
    'ftp://a',
  ])('refuses the public URL %s', (url) => {
    expect(faultsOf({ PUBLIC_URL: url })).toEqual([expect.stringContaining('PUBLIC_URL')]);
  });

  it('takes a public URL as the origin that it is', () => {
    expect(parseEnv(gatewayEnv, { ...valid, PUBLIC_URL: 'https://Hooks.example:443/' })).toMatchObject({
      env: { PUBLIC_URL: 'https://hooks.example' },
    });
  });

  it.each(['10.0.0.0/33', '10.0.0.0/8/8', 'balancer', '::1/129', '10.0.0.0/'])('trusts no proxy called %s', (item) => {
    expect(faultsOf({ TRUST_PROXY: '10.0.0.0/8, ::1' })).toEqual([]);
    expect(faultsOf({ TRUST_PROXY: item })).toEqual([expect.stringContaining('TRUST_PROXY')]);
  });

  it.each([
    ['demo keys', { DEMO_KEYS: 'on' }, 'DEMO_KEYS'],
    ['the demo operator token', { OPERATOR_TOKEN: 'hw_operator_demo' }, 'OPERATOR_TOKEN'],
    ['an operator token of 31 characters', { OPERATOR_TOKEN: 'x'.repeat(31) }, 'OPERATOR_TOKEN'],
    ['no operator token', { OPERATOR_TOKEN: '' }, 'OPERATOR_TOKEN'],
    ['the demo login', { MERCHANT_LOGIN: 'demo' }, 'MERCHANT_LOGIN'],
    ['a public URL that is not encrypted', { PUBLIC_URL: 'http://hooks.example' }, 'PUBLIC_URL'],
  ])('refuses %s in production', (_what, env, variable) => {
    expect(faultsOf(env)).toEqual([expect.stringContaining(variable)]);
  });

  it('takes all of it in the development profile', () => {
    const demo = { DEMO_KEYS: 'on', OPERATOR_TOKEN: 'hw_operator_demo', MERCHANT_LOGIN: 'demo', PUBLIC_URL: 'http://127.0.0.1:8080' };
    expect(faultsOf({ HOOKWRIGHT_PROFILE: 'development', ...demo })).toEqual([]);
  });
});

describe("the login at the host platform's issuer", () => {
  const oidc = {
    MERCHANT_LOGIN: 'oidc',
    MERCHANT_LOGIN_ISSUER: 'https://login.platform.example/realms/merchants',
    MERCHANT_LOGIN_CLIENT_ID: 'hookwright',
    MERCHANT_LOGIN_CLIENT_SECRET_FILE: '/secrets/merchant-login',
  };

  it('needs its issuer, a client id and a secret, and asks for openid and merchant_id by default', () => {
    expect(parseEnv(gatewayEnv, { ...valid, ...oidc })).toMatchObject({
      ok: true,
      env: { ...oidc, MERCHANT_LOGIN_SCOPES: 'openid', MERCHANT_ID_CLAIM: 'merchant_id' },
    });
    const { MERCHANT_LOGIN, ...needed } = oidc;
    expect(faultsOf({ MERCHANT_LOGIN })).toEqual(Object.keys(needed).map((name) => expect.stringContaining(name)));
  });

  it.each([
    'login.platform.example',
    'ftp://login.platform.example',
    'https://login.platform.example?tenant=1',
    'https://login.platform.example#',
    'https://user:password@login.platform.example',
    'https://login.platform.example/.well-known/openid-configuration',
  ])('takes no issuer like %s', (issuer) => {
    expect(faultsOf({ ...oidc, MERCHANT_LOGIN_ISSUER: issuer })).toEqual([expect.stringContaining('MERCHANT_LOGIN_ISSUER')]);
  });

  it('takes an issuer without TLS in the development profile only', () => {
    const http = { ...oidc, MERCHANT_LOGIN_ISSUER: 'http://127.0.0.1:9000' };
    expect(faultsOf(http)).toEqual([expect.stringContaining('MERCHANT_LOGIN_ISSUER')]);
    expect(faultsOf({ ...http, HOOKWRIGHT_PROFILE: 'development' })).toEqual([]);
  });

  it.each(['profile', 'openid,profile', 'openid  profile'])('takes no scopes like %j', (scopes) => {
    expect(faultsOf({ ...oidc, MERCHANT_LOGIN_SCOPES: 'openid profile' })).toEqual([]);
    expect(faultsOf({ ...oidc, MERCHANT_LOGIN_SCOPES: scopes })).toEqual([expect.stringContaining('MERCHANT_LOGIN_SCOPES')]);
  });
});
