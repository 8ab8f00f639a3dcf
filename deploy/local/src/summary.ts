import path from 'node:path';
import { DEMO_KEY, DEMO_MERCHANTS, DEMO_TEST_KEY } from './demo/seed.ts';
import type { StoreAddresses } from './infrastructure/infrastructure.ts';
import type { Ports } from './ports.ts';
import { healthUrls, OPERATOR_TOKEN } from './services/service-specs.ts';

export interface Summary {
  readonly ports: Ports;
  readonly stores: StoreAddresses;
  /** Undefined with --strict-egress. */
  readonly appId: string | undefined;
  readonly logDirectory: string;
}

/** What runs where, how to use it, how to end it. */
export function describeSystem({ ports, stores, appId, logDirectory }: Summary): string {
  const gateway = `http://127.0.0.1:${ports.GATEWAY_PORT}`;
  const services = Object.entries(healthUrls(ports)).map(([name, url]) => row(name, `${url}/health/ready  /metrics`));
  const postgres = new URL(stores.postgresUrl);
  postgres.password = '';
  const demo = appId === undefined ? [] : [row('demo app', `${appId}, installed at ${DEMO_MERCHANTS.slice(0, 2).join(' and ')}`)];
  const tryApp = appId === undefined ? '/v1/event-types' : `/v1/apps/${appId}/deliveries`;
  return [
    '',
    'Hookwright runs.',
    '',
    row('gateway', `${gateway}  (/docs, /v1/openapi.json, /health/system, /metrics)`),
    ...services,
    ...(appId === undefined ? [] : [row('demo receiver', `http://127.0.0.1:${ports.DEMO_RECEIVER_PORT}/received`)]),
    row('Kafka', stores.kafkaBrokers),
    row('PostgreSQL', postgres.href),
    row('Redis', stores.redisUrl),
    row('logs', `${path.relative(process.cwd(), logDirectory)}/<service>.log`),
    '',
    row('partner keys', `${DEMO_KEY} (live), ${DEMO_TEST_KEY} (test)`),
    row('operator token', OPERATOR_TOKEN),
    row('merchants', DEMO_MERCHANTS.join(', ')),
    ...demo,
    '',
    `Try:  curl -s -H 'authorization: Bearer ${DEMO_KEY}' ${gateway}${tryApp}`,
    'Stop: Ctrl-C',
    '',
  ].join('\n');
}

function row(name: string, value: string): string {
  return `  ${name.padEnd(15)} ${value}`;
}
