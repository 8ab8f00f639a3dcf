/**
 * `npm run test:docker`: what needs a Docker engine, for real. First the testkit's container path (testcontainers), then docker-compose.yml as a
 * whole: built, started on free ports, an event published from outside, the signed webhook received, Prometheus' targets up; all removed again.
 */
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
import { Webhook } from 'standardwebhooks';
import { freePort } from '../local/src/free-port.ts';
import { findCompose } from '../local/src/infrastructure/docker.ts';
import { runCommand } from '../local/src/process/run-command.ts';
import { ROOT } from '../local/src/root.ts';

const PROJECT = 'hookwright-try';
const UP_TIMEOUT_MS = 180_000;
const OPERATOR = 'hw_operator_demo';
const PARTNER = 'hw_live_demo';

interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const compose = findCompose();
if (compose === undefined) fail('No Docker engine with Compose answers. Start one and try again.');
const ports = {
  GATEWAY_PORT: await freePort(),
  KAFKA_PORT: await freePort(),
  POSTGRES_PORT: await freePort(),
  REDIS_PORT: await freePort(),
  PROMETHEUS_PORT: await freePort(),
};
// Containers reach this machine by their network's gateway, a private address: allowed here and nowhere else.
const egress = { EGRESS_ALLOW_NETWORKS: '172.16.0.0/12,192.168.0.0/16,10.0.0.0/8', EGRESS_ALLOW_HTTP: 'true', EGRESS_ALLOW_PORTS: '*' };
const env = { ...process.env, ...Object.fromEntries(Object.entries(ports).map(([name, port]) => [name, String(port)])), ...egress };
const api = `http://127.0.0.1:${ports.GATEWAY_PORT}`;

try {
  await step(
    'testkit on containers',
    ['node_modules/.bin/jest', 'libs/testkit/src/stores.spec.ts', 'libs/testkit/src/databases.spec.ts', 'libs/outbox', 'apps/vault'],
    {
      ...env,
      TESTKIT_STORES: 'docker',
      NODE_OPTIONS: '--experimental-vm-modules',
    },
  );
  await step('docker compose build', composeCommand('build'));
  await step('docker compose up', composeCommand('up', '-d'));
  await until('every service is ready', async () => (await fetch(`${api}/health/system`)).ok);
  await receiveWebhook();
  await until('Prometheus reaches every service', prometheusReachesAll);
  console.log('All of it works.');
} finally {
  await step('docker compose down', composeCommand('down', '--volumes', '--remove-orphans'));
}

function composeCommand(...args: string[]): [string, ...string[]] {
  const [file, ...first] = compose as [string, ...string[]];
  return [file, ...first, '--project-name', PROJECT, '--file', `${ROOT}/docker-compose.yml`, ...args];
}

async function step(
  label: string,
  command: readonly [string, ...string[]] | string[],
  environment: NodeJS.ProcessEnv = env,
): Promise<void> {
  const started = Date.now();
  process.stdout.write(`${label} … `);
  const { code, output } = await runCommand(command as [string, ...string[]], { env: environment });
  console.log(`${code === 0 ? 'done' : 'FAILED'} (${((Date.now() - started) / 1000).toFixed(0)} s)`);
  if (code !== 0) throw new Error(output.split('\n').slice(-60).join('\n'));
}

async function until(label: string, check: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + UP_TIMEOUT_MS;
  while (!(await check().catch(() => false))) {
    if (Date.now() > deadline) throw new Error(`${label}: not within ${UP_TIMEOUT_MS / 1000} s`);
    await sleep(500);
  }
  console.log(label);
}

/** An app made by API, installed, an order published from outside, the webhook received from the container and verified. */
async function receiveWebhook(): Promise<void> {
  const received: Received[] = [];
  const receiver = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      received.push({ headers: request.headers, body });
      response.end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '0.0.0.0', resolve));
  try {
    const { port } = receiver.address() as AddressInfo;
    const secret = await installApp(`http://${networkGateway()}:${port}/hooks`);
    await publishOrder();
    await until('an order arrived', () =>
      Promise.resolve(received.some(({ headers }) => headers['webhook-event-type'] === 'order.created')),
    );
    for (const { headers, body } of received) new Webhook(secret).verify(body, headers as Record<string, string>);
    console.log(`${received.length} signed webhooks verified`);
  } finally {
    receiver.close();
  }
}

async function installApp(url: string): Promise<string> {
  const eventType = {
    type: 'order.created',
    source: 'installed_merchants',
    required_scope: 'orders.read',
    description: 'An order was created',
    schema: {},
    example: {},
  };
  await post('/v1/operator/event-types', OPERATOR, eventType);
  const permissions = [{ id: 'orders', title: 'See orders', scopes: ['orders.read'] }];
  const app = (await post('/v1/apps', PARTNER, { name: 'Try', permissions, webhook: { url } })) as {
    id: string;
    webhook: { secret: string };
  };
  await post('/v1/operator/installations', OPERATOR, { app_id: app.id, merchant_id: 'mer_try', scopes: ['orders.read'] });
  return app.webhook.secret;
}

async function post(path: string, token: string, body: object): Promise<unknown> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const response = await fetch(`${api}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`POST ${path}: ${response.status} ${await response.text()}`);
  return await response.json();
}

async function publishOrder(): Promise<void> {
  const producer = new Kafka({ brokers: [`127.0.0.1:${ports.KAFKA_PORT}`], logLevel: logLevel.ERROR }).producer();
  await producer.connect();
  const headers = { ce_specversion: '1.0', ce_id: randomUUID(), ce_source: '/try', ce_type: 'order.created', ce_merchantid: 'mer_try' };
  await producer.send({ topic: 'merchant.orders', messages: [{ key: 'mer_try', headers, value: '{"id":"ord_1"}' }] });
  await producer.disconnect();
}

function networkGateway(): string {
  const format = '{{(index .IPAM.Config 0).Gateway}}';
  return execFileSync('docker', ['network', 'inspect', `${PROJECT}_default`, '--format', format])
    .toString()
    .trim();
}

async function prometheusReachesAll(): Promise<boolean> {
  const response = await fetch(`http://127.0.0.1:${ports.PROMETHEUS_PORT}/api/v1/targets`);
  const { data } = (await response.json()) as { data: { activeTargets: { health: string }[] } };
  return data.activeTargets.length === 5 && data.activeTargets.every(({ health }) => health === 'up');
}

function fail(reason: string): never {
  console.error(reason);
  process.exit(1);
}
