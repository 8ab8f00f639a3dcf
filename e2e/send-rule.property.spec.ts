import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Api, api } from './api.ts';
import { Receiver } from './receiver.ts';
import { MERCHANT_TYPES, REQUIRED_SCOPE, SCOPES, type Source } from './send-rule-model.ts';
import { type Command, SendRuleRun } from './send-rule-run.ts';
import { System } from './system.ts';

// About a minute each, most of it waiting until changes are in effect.
const RUNS = Number(process.env['E2E_RUNS'] ?? 3);
const COMMANDS = 40;
const RUN_TIMEOUT_MS = 300_000;

const SOURCES: Source[] = ['partner_app', 'installed_merchants'];
const PATTERNS = ['*', 'order.*', 'order.created', 'refund.*', 'product.*', 'partner_app.*', 'partner_app.install.created'];

const app = fc.nat({ max: 2 });
const merchant = fc.nat({ max: 2 });
const anyOf = <Text extends string>(texts: readonly Text[]): fc.Arbitrary<Text[]> => fc.subarray([...texts], { minLength: 1 });
const of = <const Value extends string | number>(...values: Value[]): fc.Arbitrary<Value> => fc.constantFrom(...values);

const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ kind: of('publish'), merchant, mode: of('live', 'live', 'test') }) },
  { weight: 8, arbitrary: fc.record({ kind: of('settle') }) },
  { weight: 8, arbitrary: fc.record({ kind: of('install'), app, merchant, scopes: anyOf(SCOPES) }) },
  { weight: 6, arbitrary: fc.record({ kind: of('revoke', 'suspend', 'unsuspend', 'unsuspend'), app, merchant }) },
  { weight: 3, arbitrary: fc.record({ kind: of('choose'), app, sources: anyOf(SOURCES), patterns: anyOf(PATTERNS) }) },
  // An app may not choose exactly order.created without the permission for it.
  {
    weight: 3,
    arbitrary: fc.record({
      kind: of('ask'),
      app,
      permissions: fc.subarray(['refunds.read', 'products.read']).map((more) => ['orders.read', ...more]),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: of('pause', 'resume', 'resume', 'endSecret'), app }) },
  { weight: 2, arbitrary: fc.record({ kind: of('rotate'), app, overlapSeconds: of(0, 5, 3600) }) },
);

let system: System;
let receiver: Receiver;
let operator: Api;
let keys: { live: string; test: string };

beforeAll(async () => {
  receiver = await Receiver.start();
  system = await System.start();
  operator = api(system.apiUrl, system.operatorToken);
  keys = (await operator.post('/v1/operator/partners', { name: 'Model' })).body['api_keys'] as typeof keys;
  for (const type of MERCHANT_TYPES) {
    const more = { source: 'installed_merchants', required_scope: REQUIRED_SCOPE[type], description: type, schema: {}, example: {} };
    expect((await operator.post('/v1/operator/event-types', { type, ...more })).status).toBeLessThan(300);
  }
}, 180_000);

afterAll(async () => {
  await system.stop();
  await receiver.stop();
});

describe('what arrives at an app', () => {
  it(
    'is what the send rule says, signed as its secrets say, whatever is installed, changed, rotated and ended in between',
    async () => {
      const total = { must: 0, may: 0, mustNot: 0 };
      const property = fc.asyncProperty(fc.array(command, { minLength: COMMANDS, maxLength: COMMANDS }), async (commands) => {
        const run = await SendRuleRun.start({ system, receiver, operator, keys });
        for (const each of commands) await run.execute(each);
        expect(await run.finish()).toEqual([]);
        for (const verdict of ['must', 'may', 'mustNot'] as const) total[verdict] += run.verdicts[verdict];
      });
      // No shrinking: each try takes a minute, and the commands that failed are printed with their seed.
      await fc.assert(property, { numRuns: RUNS, endOnFailure: true });
      // Else it would be about nothing.
      for (const verdict of ['must', 'may', 'mustNot'] as const) expect(total[verdict]).toBeGreaterThan(RUNS);
    },
    RUNS * RUN_TIMEOUT_MS,
  );
});
