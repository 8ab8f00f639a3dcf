import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from '@jest/globals';
import {
  type CloudEvent,
  type EndpointSnapshot,
  EndpointSnapshotSchema,
  EndpointStatus,
  EventSource,
  EventTypeSnapshotSchema,
  type InstallationSnapshot,
  InstallationSnapshotSchema,
  InstallationStatus,
  Mode,
  eventIdOf,
} from '@hookwright/contracts';
import fc from 'fast-check';
import { type FanOut, fanOut, type Known } from './fan-out.ts';
import { AppIndex } from './tables/app-index.ts';
import { EndpointTable } from './tables/endpoint-table.ts';
import { EventTypeTable } from './tables/event-type-table.ts';
import { InstallationTable } from './tables/installation-table.ts';

const { PARTNER_APP, INSTALLED_MERCHANTS } = EventSource;
const { ACTIVE, PENDING_CONSENT, PENDING_PERMISSION_UPGRADE, REVOKED, SUSPENDED } = InstallationStatus;

const TYPES = [
  { type: 'order.created', source: INSTALLED_MERCHANTS, requiredScope: 'orders.read' },
  { type: 'order.line.added', source: INSTALLED_MERCHANTS, requiredScope: 'orders.read' },
  { type: 'payment.captured', source: INSTALLED_MERCHANTS, requiredScope: 'payments.read' },
  { type: 'news.published', source: INSTALLED_MERCHANTS, requiredScope: '' },
  { type: 'partner_app.install.created', source: PARTNER_APP, requiredScope: '' },
  { type: 'partner_app.install.revoked', source: PARTNER_APP, requiredScope: '', mandatory: true },
];

function endpoint(fields: Partial<Omit<EndpointSnapshot, '$typeName'>> = {}): EndpointSnapshot {
  return create(EndpointSnapshotSchema, {
    appId: 'app_1',
    mode: Mode.LIVE,
    status: EndpointStatus.ENABLED,
    eventSources: [PARTNER_APP, INSTALLED_MERCHANTS],
    enabledEvents: ['*'],
    ...fields,
  });
}

function installation(fields: Partial<Omit<InstallationSnapshot, '$typeName'>> = {}): InstallationSnapshot {
  return create(InstallationSnapshotSchema, {
    installationId: 'ins_1',
    appId: 'app_1',
    merchantId: 'mer_1',
    status: ACTIVE,
    grantedScopes: ['orders.read'],
    generation: 4,
    ...fields,
  });
}

function event(fields: Partial<CloudEvent> = {}): CloudEvent {
  return {
    source: '/orders',
    id: '1',
    type: 'order.created',
    timeMs: 1_700_000_000_000,
    merchantId: 'mer_1',
    mode: 'live',
    sequence: '000000000042',
    resourceId: '',
    resourceVersion: '',
    traceparent: '',
    extensions: {},
    ...fields,
  };
}

function known(endpoints: EndpointSnapshot[], installations: InstallationSnapshot[]): Known {
  const apps = new AppIndex();
  const tables = { endpoints: new EndpointTable(apps), installations: new InstallationTable(apps), eventTypes: new EventTypeTable() };
  for (const type of TYPES) tables.eventTypes.put(create(EventTypeSnapshotSchema, type));
  for (const snapshot of installations) tables.installations.put(snapshot);
  for (const snapshot of endpoints) tables.endpoints.put(snapshot);
  return tables;
}

function appsOf(result: FanOut): string[] {
  return result.kind === 'matched' ? result.apps.map(({ appId }) => appId).sort() : [];
}

describe('the send rule for merchant events', () => {
  it.each<[string, Partial<EndpointSnapshot>, Partial<InstallationSnapshot>, Partial<CloudEvent>, boolean]>([
    ['an active installation with the scope', {}, {}, {}, true],
    ['an exact type', { enabledEvents: ['order.created'] }, {}, {}, true],
    ['a prefix', { enabledEvents: ['order.*'] }, {}, { type: 'order.line.added' }, true],
    ['another exact type', { enabledEvents: ['order.updated'] }, {}, {}, false],
    ['another prefix', { enabledEvents: ['payment.*'] }, {}, {}, false],
    ['an endpoint without merchants’ events', { eventSources: [PARTNER_APP] }, {}, {}, false],
    ['a test event for a live app', {}, {}, { mode: 'test' }, false],
    ['a live event for a test app', { mode: Mode.TEST }, {}, {}, false],
    ['a test event for a test app', { mode: Mode.TEST }, {}, { mode: 'test' }, true],
    ['a permission upgrade under way', {}, { status: PENDING_PERMISSION_UPGRADE }, {}, true],
    ['no consent yet', {}, { status: PENDING_CONSENT }, {}, false],
    ['a suspended installation', {}, { status: SUSPENDED }, {}, false],
    ['a revoked installation', {}, { status: REVOKED }, {}, false],
    ['a missing scope', {}, { grantedScopes: ['payments.read'] }, {}, false],
    ['no scopes at all', {}, { grantedScopes: [] }, {}, false],
    ['no scopes, and a type that needs none', {}, { grantedScopes: [] }, { type: 'news.published' }, true],
    ['another merchant', {}, { merchantId: 'mer_2' }, {}, false],
    ['a paused endpoint (delivery parks)', { status: EndpointStatus.PAUSED }, {}, {}, true],
    ['a disabled endpoint (delivery suppresses)', { status: EndpointStatus.DISABLED }, {}, {}, true],
    ['an unverified endpoint (delivery suppresses)', { status: EndpointStatus.PENDING_VERIFICATION }, {}, {}, true],
  ])('%s', (_case, endpointFields, installationFields, eventFields, sent) => {
    const result = fanOut(event(eventFields), INSTALLED_MERCHANTS, known([endpoint(endpointFields)], [installation(installationFields)]));
    expect(result.kind).toBe(sent ? 'matched' : 'unmatched');
  });

  it('sends nothing to an app without an endpoint, and one that was removed', () => {
    const tables = known([endpoint()], [installation(), installation({ installationId: 'ins_2', appId: 'app_2' })]);
    expect(appsOf(fanOut(event(), INSTALLED_MERCHANTS, tables))).toEqual(['app_1']);
    tables.endpoints.remove('app_1');
    expect(fanOut(event(), INSTALLED_MERCHANTS, tables)).toEqual({ kind: 'unmatched' });
  });

  it('names the installation and its generation', () => {
    const result = fanOut(event(), INSTALLED_MERCHANTS, known([endpoint()], [installation()]));
    expect(result).toMatchObject({ apps: [{ appId: 'app_1', installationId: 'ins_1', generation: 4 }] });
  });

  it('says which app may not have been told of the installation yet', () => {
    const isNew = installation({ createdEventAtMs: BigInt(Date.now()) });
    const result = fanOut(event(), INSTALLED_MERCHANTS, known([endpoint()], [isNew]));
    expect(result).toMatchObject({ apps: [{ appId: 'app_1', afterCreated: true }] });
  });

  it('gives each of a merchant’s apps its event', () => {
    const apps = ['app_1', 'app_2', 'app_3'];
    const tables = known(
      apps.map((appId) => endpoint({ appId })),
      apps.map((appId) => installation({ appId, installationId: `ins_${appId}` })),
    );
    expect(appsOf(fanOut(event(), INSTALLED_MERCHANTS, tables))).toEqual(apps);
  });
});

describe('the send rule for lifecycle events', () => {
  const lifecycle = (fields: Partial<CloudEvent> = {}): CloudEvent =>
    event({
      type: 'partner_app.install.created',
      extensions: { appid: 'app_1', installationid: 'ins_1', generation: '3' },
      ...fields,
    });
  const revoked = lifecycle({ type: 'partner_app.install.revoked' });

  it.each<[string, Partial<EndpointSnapshot>, CloudEvent, boolean]>([
    ['created, wanted', {}, lifecycle(), true],
    ['created, another choice of events', { enabledEvents: ['order.*'] }, lifecycle(), false],
    ['created, merchants’ events only', { eventSources: [INSTALLED_MERCHANTS] }, lifecycle(), false],
    ['created, another app', { appId: 'app_2' }, lifecycle(), false],
    ['created, in test mode for a live app', {}, lifecycle({ mode: 'test' }), false],
    ['revoked, whatever the choice of events', { enabledEvents: ['order.*'] }, revoked, true],
    ['revoked, whatever the sources', { eventSources: [INSTALLED_MERCHANTS], enabledEvents: [] }, revoked, true],
    ['revoked, of another app', { appId: 'app_2' }, revoked, false],
  ])('%s', (_case, endpointFields, lifecycleEvent, sent) => {
    const result = fanOut(lifecycleEvent, PARTNER_APP, known([endpoint(endpointFields)], []));
    expect(result.kind).toBe(sent ? 'matched' : 'unmatched');
  });

  it('goes to exactly the app it is about, with the installation from the event', () => {
    const tables = known(
      [endpoint(), endpoint({ appId: 'app_2' })],
      [installation(), installation({ appId: 'app_2', installationId: 'ins_2' })],
    );
    expect(fanOut(lifecycle(), PARTNER_APP, tables)).toMatchObject({ apps: [{ appId: 'app_1', installationId: 'ins_1', generation: 3 }] });
  });

  it.each(['', 'x', '-1', '1.5', '1e99'])('takes generation %j as 0 rather than stop the partition', (generation) => {
    const broken = lifecycle({ extensions: { appid: 'app_1', installationid: 'ins_1', generation } });
    expect(fanOut(broken, PARTNER_APP, known([endpoint()], []))).toMatchObject({ apps: [{ generation: 0 }] });
  });
});

describe('unknown types', () => {
  it.each([
    ['a type nobody registered', 'order.vanished', INSTALLED_MERCHANTS],
    ['a lifecycle type on a merchant topic', 'partner_app.install.revoked', INSTALLED_MERCHANTS],
    ['a merchant type on app.lifecycle', 'order.created', PARTNER_APP],
  ])('are dead: %s', (_case, type, source) => {
    expect(fanOut(event({ type }), source, known([endpoint()], [installation()]))).toMatchObject({
      kind: 'dead',
      reason: 'unknown_event_type',
    });
  });
});

describe('the attributes that go with a match', () => {
  const tables = known([endpoint()], [installation()]);

  it('are those of the event', () => {
    const result = fanOut(event({ resourceId: 'ord_1', resourceVersion: '7', traceparent: '00-ab-cd-01' }), INSTALLED_MERCHANTS, tables);
    expect(result).toMatchObject({
      event: {
        eventId: eventIdOf('/orders', '1'),
        type: 'order.created',
        source: INSTALLED_MERCHANTS,
        merchantId: 'mer_1',
        mode: Mode.LIVE,
        occurredAtMs: 1_700_000_000_000n,
        sequence: '000000000042',
        resource: { type: 'order', id: 'ord_1', version: '7' },
        traceparent: '00-ab-cd-01',
        test: false,
      },
    });
  });

  it('have no resource when the event names none', () => {
    const result = fanOut(event(), INSTALLED_MERCHANTS, tables);
    expect(result.kind === 'matched' && result.event.resource).toBeUndefined();
  });

  it('give an event that is published again the same id', () => {
    const ids = [1, 2].map((offset) => fanOut(event({ sequence: String(offset) }), INSTALLED_MERCHANTS, tables));
    expect(new Set(ids.map((result) => result.kind === 'matched' && result.event.eventId)).size).toBe(1);
  });
});

/** The rule as design.md's sentence says it, without any index. */
function naive(of: CloudEvent, endpoints: EndpointSnapshot[], installations: InstallationSnapshot[]): string[] {
  const type = TYPES.find(({ type }) => type === of.type)!;
  const matches = (pattern: string): boolean =>
    pattern === '*' || pattern === of.type || (pattern.endsWith('.*') && of.type.startsWith(pattern.slice(0, -1)));
  return installations
    .filter(({ merchantId, status }) => merchantId === of.merchantId && [ACTIVE, PENDING_PERMISSION_UPGRADE].includes(status))
    .filter(({ grantedScopes }) => type.requiredScope === '' || grantedScopes.includes(type.requiredScope))
    .filter(({ appId }) =>
      endpoints.some(
        (candidate) =>
          candidate.appId === appId &&
          candidate.eventSources.includes(type.source) &&
          candidate.mode === (of.mode === 'test' ? Mode.TEST : Mode.LIVE) &&
          candidate.enabledEvents.some(matches),
      ),
    )
    .map(({ appId }) => appId)
    .sort();
}

describe('the send rule over any apps and installations', () => {
  const APPS = ['app_0', 'app_1', 'app_2', 'app_3'];
  const endpoints = fc.uniqueArray(
    fc
      .record({
        appId: fc.constantFrom(...APPS),
        mode: fc.constantFrom(Mode.LIVE, Mode.TEST),
        eventSources: fc.subarray([PARTNER_APP, INSTALLED_MERCHANTS]),
        enabledEvents: fc.subarray(['*', 'order.*', 'order.line.*', 'order.created', 'payment.captured', 'news.*']),
      })
      .map(endpoint),
    { selector: ({ appId }) => appId },
  );
  const installations = fc.uniqueArray(
    fc
      .record({
        appId: fc.constantFrom(...APPS),
        merchantId: fc.constantFrom('mer_1', 'mer_2'),
        status: fc.constantFrom(ACTIVE, PENDING_CONSENT, PENDING_PERMISSION_UPGRADE, REVOKED, SUSPENDED),
        grantedScopes: fc.subarray(['orders.read', 'payments.read']),
      })
      .map((fields) => installation({ ...fields, installationId: `ins_${fields.appId}_${fields.merchantId}` })),
    { selector: ({ installationId }) => installationId },
  );
  const events = fc
    .record({
      type: fc.constantFrom('order.created', 'order.line.added', 'payment.captured', 'news.published'),
      merchantId: fc.constantFrom('mer_1', 'mer_2', 'mer_3'),
      mode: fc.constantFrom('live' as const, 'test' as const),
    })
    .map(event);

  it('agrees with a naive model of it', () => {
    fc.assert(
      fc.property(endpoints, installations, events, (some, granted, published) => {
        expect(appsOf(fanOut(published, INSTALLED_MERCHANTS, known(some, granted)))).toEqual(naive(published, some, granted));
      }),
      { numRuns: 1000 },
    );
  });
});
