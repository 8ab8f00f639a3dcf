import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { egressEnv, egressPolicy, judgeAddress, judgeUrl, PRODUCTION_POLICY } from './index.ts';

const schema = z.object(egressEnv);

describe('the egress environment', () => {
  it.each([
    [{}],
    [{ EGRESS_ALLOW_NETWORKS: '', EGRESS_ALLOW_HTTP: '', EGRESS_ALLOW_PORTS: '' }],
    [{ EGRESS_ALLOW_HTTP: 'false', EGRESS_ALLOW_PORTS: ' 443, 8443 ' }],
  ])('is the production policy when it is %j', (env) => {
    expect(egressPolicy(schema.parse(env))).toEqual(PRODUCTION_POLICY);
  });

  it('of the development profile allows this machine at any port over http', () => {
    const policy = egressPolicy(
      schema.parse({ EGRESS_ALLOW_NETWORKS: '127.0.0.0/8,::1/128', EGRESS_ALLOW_HTTP: 'true', EGRESS_ALLOW_PORTS: '*' }),
    );
    expect(policy).toMatchObject({ allowHttp: true, allowPorts: '*' });
    expect(judgeUrl('http://127.0.0.1:8090/', policy).ok).toBe(true);
    expect(judgeAddress('::1', policy).ok).toBe(true);
    expect(judgeAddress('10.0.0.1', policy).ok).toBe(false);
  });

  it('allows port 80 with http, unless ports are given', () => {
    expect(egressPolicy(schema.parse({ EGRESS_ALLOW_HTTP: 'true' })).allowPorts).toEqual([443, 8443, 80]);
    expect(egressPolicy(schema.parse({ EGRESS_ALLOW_HTTP: 'true', EGRESS_ALLOW_PORTS: '8080' })).allowPorts).toEqual([8080]);
  });

  it.each([
    [{ EGRESS_ALLOW_NETWORKS: '10.0.0.0' }, '"10.0.0.0" is not a network'],
    [{ EGRESS_ALLOW_NETWORKS: '10.0.0.0/33' }, '"10.0.0.0/33" is not a network'],
    [{ EGRESS_ALLOW_NETWORKS: '10.0.0.0/8,hello/8' }, '"hello/8" is not a network'],
    [{ EGRESS_ALLOW_NETWORKS: '::ffff:10.0.0.0/104' }, 'has to be written as an IPv4 network'],
    [{ EGRESS_ALLOW_HTTP: 'yes' }, 'Invalid option'],
    [{ EGRESS_ALLOW_PORTS: '0' }, '"0" is not a port'],
    [{ EGRESS_ALLOW_PORTS: '443,65536' }, '"65536" is not a port'],
    [{ EGRESS_ALLOW_PORTS: '443,*' }, '"*" is not a port'],
    [{ EGRESS_ALLOW_PORTS: 'https' }, '"https" is not a port'],
  ])('that is wrong says what is: %j', (env, message) => {
    const result = schema.safeParse(env);
    expect(result.error?.issues[0]?.message).toContain(message);
    expect(result.error?.issues[0]?.path).toEqual(Object.keys(env));
  });
});
