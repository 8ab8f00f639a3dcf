import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from '@jest/globals';
import { EndpointSnapshotSchema, EndpointStatus } from '@hookwright/contracts';
import { type Standing, admit } from './admission.ts';

const enabled = create(EndpointSnapshotSchema, { status: EndpointStatus.ENABLED });
const of = (status: EndpointStatus) => create(EndpointSnapshotSchema, { status });
const standing: Standing = {
  endpoint: enabled,
  isGone: false,
  isChosen: true,
  installationEnd: undefined,
  waitedMs: 0,
  isBreakerOpen: false,
};

describe('admit', () => {
  it.each<[string, Partial<Standing>, object]>([
    ['an enabled endpoint', {}, { kind: 'deliver', endpoint: enabled }],
    ['an open breaker', { isBreakerOpen: true }, { kind: 'park', reason: 'breaker_open' }],
    ['a paused endpoint', { endpoint: of(EndpointStatus.PAUSED) }, { kind: 'park', reason: 'endpoint_paused' }],
    [
      'a paused endpoint with an open breaker',
      { endpoint: of(EndpointStatus.PAUSED), isBreakerOpen: true },
      { kind: 'park', reason: 'endpoint_paused' },
    ],
    ['a disabled endpoint', { endpoint: of(EndpointStatus.DISABLED) }, { kind: 'suppress', reason: 'endpoint_disabled' }],
    ['an unverified endpoint', { endpoint: of(EndpointStatus.PENDING_VERIFICATION) }, { kind: 'suppress', reason: 'endpoint_unverified' }],
    ['an endpoint that answered 410', { isGone: true }, { kind: 'suppress', reason: 'endpoint_disabled' }],
    ['an endpoint not known yet', { endpoint: undefined, waitedMs: 29_999 }, { kind: 'park', reason: 'endpoint_unknown' }],
    ['an endpoint never known', { endpoint: undefined, waitedMs: 30_000 }, { kind: 'cancel', reason: 'endpoint_removed' }],
    ['an event not chosen any more, or not yet', { isChosen: false, waitedMs: 29_999 }, { kind: 'park', reason: 'event_not_chosen' }],
    ['an event not chosen any more', { isChosen: false, waitedMs: 30_000 }, { kind: 'cancel', reason: 'event_not_chosen' }],
    ['a revoked installation', { installationEnd: 'installation_revoked' }, { kind: 'cancel', reason: 'installation_revoked' }],
    ['a suspended installation', { installationEnd: 'installation_suspended' }, { kind: 'cancel', reason: 'installation_suspended' }],
    [
      'a revoked installation of a paused endpoint',
      { installationEnd: 'installation_revoked', endpoint: of(EndpointStatus.PAUSED) },
      { kind: 'cancel', reason: 'installation_revoked' },
    ],
  ])('decides for %s', (_name, change, expected) => {
    expect(admit({ ...standing, ...change })).toEqual(expected);
  });
});
