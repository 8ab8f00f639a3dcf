import { describe, expect, it } from '@jest/globals';
import { parseEnv, serviceEnv } from '../env.ts';
import { checkGrpcTls, grpcTlsEnv, speaksTls } from './tls-env.ts';

const FILES = { GRPC_TLS_CA_FILE: '/tls/ca.pem', GRPC_TLS_CERT_FILE: '/tls/cert.pem', GRPC_TLS_KEY_FILE: '/tls/key.pem' };

function parse(env: Record<string, string>, places = ['127.0.0.1']) {
  const schema = serviceEnv.extend(grpcTlsEnv).superRefine((parsed, context) => checkGrpcTls(parsed, places, context));
  return parseEnv(schema, { HTTP_PORT: '0', ...env });
}

function faultyVariables(env: Record<string, string>, places?: string[]): string[] {
  const parsed = parse(env, places);
  return parsed.ok ? [] : parsed.faults.map((fault) => fault.split(':')[0] ?? '');
}

describe('TLS between the services', () => {
  it.each([
    ['on in production', {}, true],
    ['off in development', { HOOKWRIGHT_PROFILE: 'development' }, false],
    ['as said in production', { GRPC_TLS: 'off' }, false],
    ['as said in development', { HOOKWRIGHT_PROFILE: 'development', GRPC_TLS: 'on' }, true],
  ])('is %s', (_name, env, expected) => {
    const parsed = parse({ ...FILES, ...env });
    expect(parsed.ok && speaksTls(parsed.env)).toBe(expected);
  });

  it('needs its files, each of which is named', () => {
    expect(faultyVariables({})).toEqual(Object.keys(FILES));
    const { GRPC_TLS_KEY_FILE: _, ...others } = FILES;
    expect(faultyVariables({ HOOKWRIGHT_PROFILE: 'development', GRPC_TLS: 'on', ...others })).toEqual(['GRPC_TLS_KEY_FILE']);
  });

  it.each([
    [['127.0.0.1', '127.3.2.1:9082', 'localhost:9081', '[::1]:9084', '::1', 'localhost'], []],
    [['0.0.0.0'], ['GRPC_TLS']],
    [['::'], ['GRPC_TLS']],
    [['127.0.0.1', 'vault:9090'], ['GRPC_TLS']],
    [['127.0.0.1.example:9090'], ['GRPC_TLS']],
    [['127.example'], ['GRPC_TLS']],
    [['[fe80::1]:9090'], ['GRPC_TLS']],
    [['10.0.0.1:9090'], ['GRPC_TLS']],
  ])('may be off in production at %j: %j', (places, faulty) => {
    expect(faultyVariables({ GRPC_TLS: 'off' }, places)).toEqual(faulty);
    expect(faultyVariables({ HOOKWRIGHT_PROFILE: 'development' }, places)).toEqual([]);
  });
});
