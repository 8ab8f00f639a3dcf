import { randomInt } from 'node:crypto';
import http from 'node:http';
import { newId } from '@hookwright/contracts';
import { Problem } from '@hookwright/runtime';
import { type TestDatabase, createDatabase, eventually, useStores } from '@hookwright/testkit';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ClientSecrets } from '../client-secrets/client-secrets.ts';
import { type Gateway, OPERATOR_TOKEN, call, newKey, startGateway } from '../spec/gateway.ts';
import { KnownClients, basic, postForm } from '../spec/oauth.ts';

let database: TestDatabase;
let gateway: Gateway;
let key: string;

beforeAll(async () => {
  const { redisUrl } = await useStores(['postgres', 'redis']);
  database = await createDatabase('gateway');
  gateway = await startGateway({ databaseUrl: database.url, redisUrl }, { WRONG_CREDENTIALS_PER_MINUTE: '20' });
  key = await eventually(() => newKey(gateway));
  gateway.registry.handlers = { listApps: () => ({ apps: [] }), listPartners: () => ({ partners: [] }) };
});

afterAll(async () => {
  await gateway.stop();
  await database.drop();
});

interface Answer {
  readonly status: number;
  readonly retryAfter: number;
}

/** An address of this machine that no other spec calls from: their gateways count in the same Redis. */
const newAddress = (): string => `127.${randomInt(1, 255)}.${randomInt(256)}.${randomInt(1, 255)}`;

function callFrom(address: string, authorization: string | undefined, path = '/v1/apps'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = authorization === undefined ? {} : { authorization };
    const request = http.get(new URL(path, gateway.url), { localAddress: address, agent: false, headers }, (response) => {
      response.resume();
      response.on('end', () => resolve({ status: response.statusCode ?? 0, retryAfter: Number(response.headers['retry-after']) }));
    });
    request.on('error', reject);
  });
}

async function statusesFrom(address: string, authorization: string, times: number): Promise<number[]> {
  const statuses: number[] = [];
  for (let n = 0; n < times; n++) statuses.push((await callFrom(address, authorization)).status);
  return statuses;
}

const times = <Value>(count: number, value: Value): Value[] => Array.from({ length: count }, () => value);

describe('wrong credentials', () => {
  it('of an address are 401 nineteen times in a minute and then 429, whatever they are and wherever they are shown', async () => {
    const address = newAddress();
    expect(await statusesFrom(address, 'Bearer hw_live_wrong', 10)).toEqual(times(10, 401));
    expect(await statusesFrom(address, 'Basic d3Jvbmc=', 9)).toEqual(times(9, 401));
    for (const path of ['/v1/apps', '/v1/operator/partners']) {
      const { status, retryAfter } = await callFrom(address, 'Bearer hw_live_other', path);
      expect(status).toBe(429);
      expect(retryAfter).toBeGreaterThan(0);
      expect(retryAfter).toBeLessThanOrEqual(60);
    }
  });

  it('keep out neither right ones of the same address nor wrong ones of another', async () => {
    const address = newAddress();
    expect((await statusesFrom(address, 'Bearer hw_live_wrong', 25)).at(-1)).toBe(429);
    expect((await callFrom(address, `Bearer ${key}`)).status).toBe(200);
    expect((await callFrom(address, `Bearer ${OPERATOR_TOKEN}`, '/v1/operator/partners')).status).toBe(200);
    expect((await callFrom(newAddress(), 'Bearer hw_live_wrong')).status).toBe(401);
  });

  it('are not what a request without any has', async () => {
    const address = newAddress();
    for (let n = 0; n < 25; n++) expect((await callFrom(address, undefined)).status).toBe(401);
  });
});

describe('a thousand wrong client secrets', () => {
  it('are told to wait from the 20th on, and the right one opens all the while', async () => {
    const secrets = gateway.app.get(ClientSecrets);
    const appId = newId('app');
    const right = await secrets.create(appId);
    const answers: (boolean | string)[] = [];
    let retryAfter: number | undefined;
    for (let n = 0; n < 1000; n++) {
      const answer = await secrets.matches(appId, `hwcs_${n}`).catch((error: unknown) => {
        if (!(error instanceof Problem)) throw error;
        retryAfter = error.retryAfterSeconds;
        return error.code;
      });
      answers.push(answer);
      if (n % 100 === 0) expect(await secrets.matches(appId, right)).toBe(true);
    }
    expect(answers.slice(0, 19)).toEqual(times(19, false));
    expect(answers.slice(19)).toEqual(times(981, 'rate_limited'));
    expect(retryAfter).toBeGreaterThan(0);
    expect(await secrets.matches(appId, right)).toBe(true);
    const other = newId('app');
    await secrets.create(other);
    expect(await secrets.matches(other, 'hwcs_wrong')).toBe(false);
  });

  it('are answered 429 by the token endpoint, in the words of OAuth, and the right one gets its token', async () => {
    const clients = new KnownClients(gateway);
    clients.answer();
    const { clientId, secret } = await clients.add();
    const ask = (shown: string) => postForm(gateway, '/oauth/token', { grant_type: 'client_credentials' }, basic(clientId, shown));
    for (let n = 0; n < 19; n++) expect(await ask(`hwcs_${n}`)).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
    const answer = await ask('hwcs_19');
    expect(answer).toMatchObject({ status: 429, body: { error: 'invalid_client' } });
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await ask(secret)).status).toBe(200);
    const { text } = (await call(gateway, 'GET /metrics')).body;
    for (const status of ['401', '429']) expect(text).toContain(`hookwright_wrong_credentials_total{by="client",status="${status}"}`);
  });
});
