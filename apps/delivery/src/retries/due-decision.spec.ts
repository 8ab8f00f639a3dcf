import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from '@jest/globals';
import { EndpointSnapshotSchema, EndpointStatus } from '@hookwright/contracts';
import { type DueStanding, dueDecision } from './due-decision.ts';

const of = (status: EndpointStatus) => create(EndpointSnapshotSchema, { status, timeoutSeconds: 7 });
const standing: DueStanding = {
  appId: 'app_1',
  endpoint: of(EndpointStatus.ENABLED),
  isGone: false,
  isBreakerOpen: false,
  isProbing: false,
  areSecretsAway: false,
  areTablesStale: false,
  laneRoom: 20,
};

describe('dueDecision', () => {
  it.each<[string, Partial<DueStanding>, object]>([
    ['claims as many as the lane has room for', {}, { kind: 'claim', room: 20, timeoutMs: 7000 }],
    ['claims one for a probe', { isProbing: true }, { kind: 'claim', room: 1 }],
    ['waits for a full lane', { laneRoom: 0 }, { kind: 'wait' }],
    ['waits for an open breaker', { isBreakerOpen: true }, { kind: 'wait' }],
    ['waits for the vault', { areSecretsAway: true }, { kind: 'wait' }],
    ['waits for news of the endpoint while Kafka is silent', { areTablesStale: true, endpoint: undefined }, { kind: 'wait' }],
    ['waits for a paused endpoint', { endpoint: of(EndpointStatus.PAUSED) }, { kind: 'wait' }],
    [
      'ends those of a disabled one',
      { endpoint: of(EndpointStatus.DISABLED) },
      { kind: 'sweep', sweep: { status: 'suppressed', reason: 'endpoint_disabled' } },
    ],
    [
      'ends those of one that answered 410',
      { isGone: true },
      { kind: 'sweep', sweep: { status: 'suppressed', reason: 'endpoint_disabled' } },
    ],
    [
      'ends those of an unverified one',
      { endpoint: of(EndpointStatus.PENDING_VERIFICATION) },
      { kind: 'sweep', sweep: { status: 'suppressed', reason: 'endpoint_unverified' } },
    ],
    [
      'ends the older ones of an unknown one',
      { endpoint: undefined },
      { kind: 'sweep', sweep: { status: 'canceled', reason: 'endpoint_removed', olderThanMs: 30_000 } },
    ],
  ])('%s', (_name, change, expected) => {
    expect(dueDecision({ ...standing, ...change })).toMatchObject(expected);
  });
});
