import fs from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { parseEnv, serviceEnv } from '@hookwright/runtime';
import { register } from 'prom-client';
import type { z } from 'zod';
import { deliveryEnv } from '../apps/delivery/src/env.ts';
import { gatewayEnv } from '../apps/gateway/src/env.ts';
import { ingestEnv } from '../apps/ingest/src/env.ts';
import { registryEnv } from '../apps/registry/src/env.ts';
import { vaultEnv } from '../apps/vault/src/env.ts';

const TOP = path.resolve(import.meta.dirname, '..');
const CONFIGURATION = read('docs/operations/configuration.md');
const METRICS = read('docs/operations/metrics.md');

/** The sections of configuration.md with what their services read. */
const SCHEMAS: readonly (readonly [section: string, schema: z.ZodObject])[] = [
  ['Every service', serviceEnv],
  ['Gateway', gatewayEnv],
  ['Registry', registryEnv],
  ['Vault', vaultEnv],
  ['Ingest', ingestEnv],
  ['Delivery', deliveryEnv],
];

/** A value for each variable that some service does not start without. */
const REQUIRED: Readonly<Record<string, string>> = {
  HTTP_PORT: '0',
  GRPC_PORT: '0',
  DATABASE_URL: 'postgresql://127.0.0.1/hookwright',
  KAFKA_BROKERS: '127.0.0.1:9092',
  REDIS_URL: 'redis://127.0.0.1',
  REGISTRY_ADDRESS: '127.0.0.1:9090',
  VAULT_ADDRESS: '127.0.0.1:9090',
  DELIVERY_ADDRESS: '127.0.0.1:9090',
  OPERATOR_TOKEN: 'a-token-of-more-than-32-characters',
  PUBLIC_URL: 'https://hooks.example',
  MASTER_KEY_FILE: '/keys/master.key',
  GRPC_TLS_CA_FILE: '/certificates/ca.pem',
  GRPC_TLS_CERT_FILE: '/certificates/cert.pem',
  GRPC_TLS_KEY_FILE: '/certificates/key.pem',
};

/** Pages that name variables and metrics in their text too. */
const PAGES = [
  'docs/operations/configuration.md',
  'docs/operations/metrics.md',
  'docs/operations/egress.md',
  'docs/operations/signing-secrets.md',
  'docs/operations/master-key.md',
  'docs/operations/tls.md',
  'docs/delivery.md',
  'docs/errors.md',
];

/** Variables that the pages name and that are not a service's. */
const OF_OTHERS = ['NODE_EXTRA_CA_CERTS', 'NODE_OPTIONS', 'POSTGRES_PASSWORD'];

/** The sections of metrics.md with where their metrics are made. The libraries first: services import them. */
const FOLDERS: readonly (readonly [section: string, folder: string])[] = [
  ['Several services', 'libs'],
  ['Gateway', 'apps/gateway/src'],
  ['Registry', 'apps/registry/src'],
  ['Vault', 'apps/vault/src'],
  ['Ingest', 'apps/ingest/src'],
  ['Delivery', 'apps/delivery/src'],
];

interface Metric {
  readonly name: string;
  /** Undefined: it is made when its service starts, and its name is all that the source says. */
  readonly kind?: { readonly type: string; readonly labels: readonly string[] };
}

function read(file: string): string {
  return fs.readFileSync(path.join(TOP, file), 'utf8');
}

/** The rows of a section's table whose first cell is code, as their cells. */
function rowsOf(page: string, section: string): string[][] {
  const body = page.split(/^## /m).find((part) => part.startsWith(`${section}\n`)) ?? '';
  return [...body.matchAll(/^\| (`.*) \|$/gm)].map(([, row = '']) => row.split(' | '));
}

function bare(cell: string): string {
  return cell.replaceAll('`', '');
}

function documentedVariables(section: string): (readonly [name: string, fallback: string])[] {
  return rowsOf(CONFIGURATION, section).map(([name = '', fallback = '']) => [bare(name), fallback]);
}

/** What a service reads beside what all of them do. */
function variablesOf(schema: z.ZodObject): string[] {
  return Object.keys(schema.shape).filter((name) => schema === serviceEnv || !(name in serviceEnv.shape));
}

function documentedMetrics(section: string): Required<Metric>[] {
  return rowsOf(METRICS, section).map(([name = '', type = '', labels = '']) => {
    const labelNames = [...labels.matchAll(/`(\w+)`:/g)].map(([, label = '']) => label);
    return { name: bare(name), kind: { type, labels: labelNames.sort() } };
  });
}

function sourcesOfMetrics(folder: string): string[] {
  return fs
    .readdirSync(path.join(TOP, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !/\.spec\.ts$|(^|\/)(node_modules|dist|generated)\//.test(file))
    .map((file) => `${folder}/${file}`)
    .filter((file) => read(file).includes("from 'prom-client'"));
}

/** What the sources of a folder register when they are imported, by which nothing is started, and what they will register later. */
async function metricsOf(folder: string): Promise<Metric[]> {
  const files = sourcesOfMetrics(folder);
  for (const file of files) await import(`../${file}`);
  const made = register.getMetricsAsArray() as unknown as { name: string; type: string; labelNames: string[] }[];
  // Two services have a metric of the same name.
  register.clear();
  const registered = made.map(({ name, type, labelNames }) => ({ name, kind: { type, labels: [...labelNames].sort() } }));
  const known = new Set(registered.map(({ name }) => name));
  const named = files.flatMap((file) => [...read(file).matchAll(/'(hookwright_\w+)'/g)].map(([, name = '']) => name));
  return [...registered, ...[...new Set(named)].filter((name) => !known.has(name)).map((name) => ({ name }))];
}

const metrics = new Map<string, readonly Metric[]>();

beforeAll(async () => {
  for (const [section, folder] of FOLDERS) metrics.set(section, await metricsOf(folder));
});

describe('docs/operations/configuration.md', () => {
  it.each(SCHEMAS)('has the variables of %s, and no others', (section, schema) => {
    const names = documentedVariables(section).map(([name]) => name);
    expect(names.sort()).toEqual(variablesOf(schema).sort());
  });

  it.each(SCHEMAS)('has the defaults of %s', (section, schema) => {
    for (const [name, fallback] of documentedVariables(section)) {
      const { [name]: _, ...others } = REQUIRED;
      const unset = parseEnv(schema, others);
      expect([name, unset.ok]).toEqual([name, fallback !== 'required']);
      // A default in words has no value that says the same.
      const value = /^`([^`]+)`/.exec(fallback)?.[1];
      if (value !== undefined) expect([name, parseEnv(schema, { ...others, [name]: value })]).toEqual([name, unset]);
    }
  });
});

describe('docs/operations/metrics.md', () => {
  it.each(FOLDERS)('has the metrics of %s, and no others', (section) => {
    const names = documentedMetrics(section).map(({ name }) => name);
    const made = metrics.get(section)!.map(({ name }) => name);
    expect(names.sort()).toEqual(made.sort());
  });

  it.each(FOLDERS)('has the types and labels of the metrics of %s', (section) => {
    const registered = metrics.get(section)!.filter(({ kind }) => kind !== undefined);
    expect(documentedMetrics(section)).toEqual(expect.arrayContaining(registered));
  });
});

describe.each(PAGES)('%s', (page) => {
  it('names no variable that does not exist', () => {
    const known = new Set([...SCHEMAS.flatMap(([, { shape }]) => Object.keys(shape)), ...OF_OTHERS]);
    const named = [...read(page).matchAll(/`([A-Z]+(?:_[A-Z]+)+)`/g)].map(([, name = '']) => name);
    expect(named.filter((name) => !known.has(name))).toEqual([]);
  });

  it('names no metric that does not exist', () => {
    const known = new Set([...metrics.values()].flat().map(({ name }) => name));
    const named = [...read(page).matchAll(/\bhookwright_[a-z0-9_]+/g)].map(([name]) => name.replace(/_(bucket|sum|count)$/, ''));
    expect(named.filter((name) => !known.has(name))).toEqual([]);
  });
});
