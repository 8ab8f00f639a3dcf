import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { credentials } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { VaultService } from '@hookwright/contracts';
import { type PromiseClient, grpcClient } from '@hookwright/runtime';
import { eventually } from '@hookwright/testkit';
import { type Api, api } from './api.ts';
import { Receiver, verified } from './receiver.ts';
import { System } from './system.ts';

const SCRIPT = path.join(import.meta.dirname, '../deploy/docker/certificates.sh');
const OPERATOR_TOKEN = 'an-operator-token-of-this-spec-alone';
const MERCHANT = 'mer_tls';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'hookwright-e2e-tls-'));
let system: System;
let receiver: Receiver;
let operator: Api;
let partner: Api;

/** The environment of the production profile. */
function production(service: string): Record<string, string> {
  const file = (name: string): string => path.join(folder, 'services', service, name);
  return {
    HOOKWRIGHT_PROFILE: 'production',
    GRPC_TLS_CA_FILE: file('ca.pem'),
    GRPC_TLS_CERT_FILE: file('cert.pem'),
    GRPC_TLS_KEY_FILE: file('key.pem'),
  };
}

beforeAll(async () => {
  execFileSync('sh', [SCRIPT, path.join(folder, 'authority'), path.join(folder, 'services')], { stdio: 'pipe' });
  receiver = await Receiver.start();
  system = await System.start({
    gateway: { ...production('gateway'), OPERATOR_TOKEN, DEMO_KEYS: 'off', MERCHANT_LOGIN: 'off', PUBLIC_URL: 'https://hooks.example' },
    registry: production('registry'),
    vault: production('vault'),
    delivery: production('delivery'),
    ingest: { HOOKWRIGHT_PROFILE: 'production' },
  });
  operator = api(system.apiUrl, OPERATOR_TOKEN);
  const { body } = await operator.post('/v1/operator/partners', { name: 'TLS' });
  partner = api(system.apiUrl, (body['api_keys'] as { live: string }).live);
  const type = {
    type: 'order.created',
    source: 'installed_merchants',
    required_scope: 'orders.read',
    description: '',
    schema: {},
    example: {},
  };
  expect((await operator.post('/v1/operator/event-types', type)).status).toBe(201);
}, 180_000);

afterAll(async () => {
  await system.stop();
  await receiver.stop();
  fs.rmSync(folder, { recursive: true });
});

/** A client of the vault with another service's certificate. */
function vaultFor(service: string): PromiseClient<typeof VaultService> {
  const pem = (name: string): Buffer => fs.readFileSync(path.join(folder, 'services', service, name));
  const channel = credentials.createSsl(pem('ca.pem'), pem('key.pem'), pem('cert.pem'));
  return grpcClient(VaultService, `127.0.0.1:${system.ports.VAULT_GRPC_PORT}`, { credentials: channel });
}

describe('the production profile', () => {
  it('makes, signs, delivers and rotates over mutual TLS', async () => {
    const hook = `/${randomUUID()}`;
    const app = await partner.post('/v1/apps', {
      name: 'Ship It',
      permissions: [{ id: 'orders', title: 'See orders', scopes: ['orders.read'], optional: false }],
      webhook: { url: receiver.url(hook), event_sources: ['installed_merchants'], enabled_events: ['order.created'] },
    });
    expect(app).toMatchObject({ status: 201 });
    const { secret } = app.body['webhook'] as { secret: string };
    const id = String(app.body['id']);
    const rotated = await partner.post(`/v1/apps/${id}/rotate-secret`, { overlap_seconds: 60 });
    expect(rotated.status).toBe(200);
    const installed = await operator.post('/v1/operator/installations', { app_id: id, merchant_id: MERCHANT, scopes: ['orders.read'] });
    expect(installed.status).toBe(201);
    await eventually(async () => {
      const data = { id: 'ord_1' };
      await system.publish({ topic: 'merchant.orders', merchant: MERCHANT, type: 'order.created', id: randomUUID(), data });
      if (receiver.at(hook, 'order.created').length === 0) throw new Error('no order arrived');
    });
    const [order] = receiver.at(hook, 'order.created');
    for (const each of [secret, String(rotated.body['secret'])]) expect(verified(order!, each)).toMatchObject({ type: 'order.created' });
    const log = await partner.get(`/v1/apps/${id}/deliveries`);
    expect(log.status).toBe(200);
  });

  it('gives the keys to workers and to nobody else', async () => {
    const asked = { appIds: ['app_none'] };
    for (const service of ['gateway', 'registry', 'vault']) {
      const client = vaultFor(service);
      await expect(client.getSigningSecrets(asked)).rejects.toMatchObject({ code: 'internal_error' });
      client.close();
    }
    const worker = vaultFor('delivery');
    expect(await worker.getSigningSecrets(asked)).toMatchObject({ apps: expect.anything() });
    await expect(worker.rotateSecret({ appId: 'app_none' })).rejects.toMatchObject({ code: 'internal_error' });
    worker.close();
    const inClear = grpcClient(VaultService, `127.0.0.1:${system.ports.VAULT_GRPC_PORT}`);
    await expect(inClear.getSigningSecrets(asked)).rejects.toMatchObject({ code: 'service_unavailable' });
    inClear.close();
  });
});
