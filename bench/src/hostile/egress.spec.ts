import fs from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { EgressClient, parseNetwork, type SendResult } from '@hookwright/egress';
import { eventually } from '@hookwright/testkit';
import { GARBAGE } from './behaviours/broken.ts';
import type { HostileRequest } from './journal.ts';
import { type Hostile, startHostile } from './start-hostile.ts';

// The H rows judge the whole system and its times; this is the same against the client alone, on a machine that may be busy.
const TIMEOUT_MS = 1000;
const PATIENT_MS = 10_000;
const MIB = 1024 * 1024;

let hostile: Hostile;
let client: EgressClient;

beforeAll(async () => {
  hostile = await startHostile();
  client = new EgressClient({
    policy: { allowNetworks: [parseNetwork('127.0.0.0/8'), parseNetwork('::1/128')], allowHttp: true, allowPorts: '*' },
    certificateAuthorities: [fs.readFileSync(hostile.authorityFile, 'utf8')],
  });
});

beforeEach(async () => {
  await hostile.reset();
});

afterAll(async () => {
  await client.close();
  await hostile.stop();
});

async function post(url: string, { timeoutMs = TIMEOUT_MS, bytes = 1024 } = {}): Promise<SendResult> {
  const headers = { 'content-type': 'application/json', 'webhook-id': 'evt_1' };
  return await client.send({ url, headers, body: Buffer.alloc(bytes, 'a'), timeoutMs });
}

async function postPatiently(url: string): Promise<SendResult> {
  return await post(url, { timeoutMs: PATIENT_MS });
}

/** The request at the receiver, once it is over there too. */
async function seen(path: string): Promise<HostileRequest> {
  return await eventually(async () => {
    const [request] = await hostile.requests(path);
    expect(request).toMatchObject({ end: expect.any(String) });
    return request!;
  });
}

describe('the total deadline', () => {
  it.each(['/hang', '/drip', '/drip-headers', '/slowread'])('ends %s', async (path) => {
    const result = await post(hostile.url(path));
    expect(result).toMatchObject({ kind: 'error', category: 'timeout' });
    // Rounded; timers may be a millisecond early.
    expect(result.durationMs).toBeGreaterThanOrEqual(TIMEOUT_MS - 2);
    expect(await seen(path)).toMatchObject({ end: 'hung_up' });
  });

  it('ends a large request that is read slowly', async () => {
    expect(await post(hostile.url('/slowread'), { bytes: 16 * MIB })).toMatchObject({ kind: 'error', category: 'timeout' });
  });

  it('ends a TLS handshake that never comes, after the connect timeout of 5 s', async () => {
    const result = await post(hostile.tlsUrl('tlsHang'), { timeoutMs: PATIENT_MS });
    expect(result).toMatchObject({ kind: 'error', category: 'timeout' });
    expect(result.durationMs).toBeGreaterThanOrEqual(5000 - 2);
    expect(result.durationMs).toBeLessThan(PATIENT_MS);
  });
});

describe('the bounds on an answer', () => {
  it.each(['/bigbody?mb=100', '/endless', '/gzipbomb?mb=1024'])('hold for %s', async (path) => {
    const result = await post(hostile.url(path), { timeoutMs: PATIENT_MS });
    expect(result).toMatchObject({ kind: 'response', statusCode: 200, truncated: true });
    const { sentBytes, end } = await seen(path.split('?')[0]!);
    expect(sentBytes).toBeLessThanOrEqual(MIB);
    expect(end).toBe('hung_up');
  });

  it('hold for its headers', async () => {
    const result = await post(hostile.url('/hugeheaders?kb=1024'), { timeoutMs: PATIENT_MS });
    expect(result).toMatchObject({ kind: 'error', category: 'response_too_large' });
  });

  it('hold for 100 Continue without an end', async () => {
    expect(await post(hostile.url('/100continue?n=0'), { timeoutMs: PATIENT_MS })).toMatchObject({ kind: 'error' });
  });
});

describe('redirects', () => {
  it.each(
    [301, 302, 303, 307, 308].flatMap((code) =>
      ['http://169.254.169.254/', 'http://127.0.0.1/trap', 'https://example.com/'].map((to) => [code, to]),
    ),
  )('are not followed: %i to %s', async (code, to) => {
    const result = await postPatiently(hostile.url(`/redirect?code=${code}&to=${encodeURIComponent(String(to))}`));
    expect(result).toMatchObject({ kind: 'error', category: 'redirect', statusCode: code });
  });

  it('are not followed to the trap beside them', async () => {
    await postPatiently(hostile.url(`/redirect?to=${encodeURIComponent(hostile.url('/trap'))}`));
    expect(await postPatiently(hostile.url('/loop'))).toMatchObject({ kind: 'error', category: 'redirect' });
    expect((await hostile.requests()).map(({ path }) => path.split('?')[0])).toEqual(['/redirect', '/loop']);
  });
});

describe('TLS', () => {
  it('works where the certificate is right', async () => {
    expect(await postPatiently(hostile.tlsUrl('tlsTrusted'))).toMatchObject({ kind: 'response', statusCode: 200 });
  });

  it('refuses each bad certificate, with a reason of its own, and sends nothing', async () => {
    const reasons = new Set<string>();
    for (const listener of ['tlsSelfSigned', 'tlsExpired', 'tlsWrongHost', 'plain'] as const) {
      const result = await postPatiently(hostile.tlsUrl(listener));
      expect(result).toMatchObject({ kind: 'error', category: 'tls' });
      if (result.kind === 'error') reasons.add(result.message);
    }
    expect(reasons.size).toBe(4);
    expect(await hostile.requests()).toEqual([]);
  });
});

describe('an answer that is none', () => {
  it.each(['/close', '/reset', '/half', '/shortbody'])('%s', async (path) => {
    expect(await postPatiently(hostile.url(path))).toMatchObject({ kind: 'error', category: 'connection' });
  });

  it.each(Object.keys(GARBAGE).filter((kind) => kind !== 'double'))('/garbage?kind=%s', async (kind) => {
    expect(await postPatiently(hostile.url(`/garbage?kind=${kind}`))).toMatchObject({ kind: 'error', category: 'connection' });
  });

  it('gives the stray 410 to no other request', async () => {
    for (let i = 0; i < 50; i++) {
      await postPatiently(hostile.url('/garbage?kind=double'));
      expect(await postPatiently(hostile.url('/ok'))).toMatchObject({ kind: 'response', statusCode: 200 });
    }
  });
});

describe('a status', () => {
  it('is a response from 200 to 600, and 101 is none', async () => {
    for (let status = 200; status <= 600; status++) {
      const result = await postPatiently(hostile.url(`/status/${status}`));
      if (status >= 300 && status < 400) expect(result).toMatchObject({ kind: 'error', category: 'redirect', statusCode: status });
      else expect(result).toMatchObject({ kind: 'response', statusCode: status });
    }
    expect(await postPatiently(hostile.url('/status/101'))).toMatchObject({ kind: 'error', category: 'connection' });
  });
});
