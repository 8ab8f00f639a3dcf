import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from '@jest/globals';
import { type InstallationSnapshot, InstallationSnapshotSchema, InstallationStatus, type MatchedApp } from '@hookwright/contracts';
import fc from 'fast-check';
import { AppIndex } from './app-index.ts';
import { InstallationTable, NONE } from './installation-table.ts';

function installation(fields: Partial<Omit<InstallationSnapshot, '$typeName'>>): InstallationSnapshot {
  return create(InstallationSnapshotSchema, {
    installationId: 'ins_1',
    appId: 'app_1',
    merchantId: 'mer_1',
    status: InstallationStatus.ACTIVE,
    generation: 1,
    ...fields,
  });
}

function appsAt(table: InstallationTable, merchantId: string): Omit<MatchedApp, '$typeName' | '$unknown'>[] {
  const found: MatchedApp[] = [];
  for (let at = table.firstOf(merchantId); at !== NONE; at = table.after(at)) found.push(table.matchedApp(at));
  return found
    .map(({ appId, installationId, generation, afterCreated }) => ({ appId, installationId, generation, afterCreated }))
    .sort((one, other) => (one.installationId < other.installationId ? -1 : 1));
}

describe('InstallationTable', () => {
  it('finds all installations of a merchant, and no other merchant’s', () => {
    const table = new InstallationTable(new AppIndex());
    table.put(installation({ installationId: 'ins_1', appId: 'app_1' }));
    table.put(installation({ installationId: 'ins_2', appId: 'app_2', generation: 3 }));
    table.put(installation({ installationId: 'ins_3', merchantId: 'mer_2' }));
    expect(appsAt(table, 'mer_1')).toEqual([
      { appId: 'app_1', installationId: 'ins_1', generation: 1, afterCreated: false },
      { appId: 'app_2', installationId: 'ins_2', generation: 3, afterCreated: false },
    ]);
    expect(table.firstOf('mer_unknown')).toBe(NONE);
  });

  it.each([
    [InstallationStatus.ACTIVE, 1],
    [InstallationStatus.PENDING_PERMISSION_UPGRADE, 1],
    [InstallationStatus.PENDING_CONSENT, 0],
    [InstallationStatus.SUSPENDED, 0],
    [InstallationStatus.REVOKED, 0],
  ])('with status %s holds %i', (status, size) => {
    const table = new InstallationTable(new AppIndex());
    table.put(installation({}));
    table.put(installation({ status }));
    expect(table.size).toBe(size);
    expect(appsAt(table, 'mer_1')).toHaveLength(size);
  });

  it('knows the granted scopes, the newest ones', () => {
    const table = new InstallationTable(new AppIndex());
    table.put(installation({ grantedScopes: ['orders.read'] }));
    table.put(installation({ grantedScopes: ['payments.read', 'refunds.read'], generation: 2 }));
    const slot = table.firstOf('mer_1');
    expect(['', 'orders.read', 'payments.read', 'refunds.read'].map((scope) => table.covers(slot, scope))).toEqual([
      true,
      false,
      true,
      true,
    ]);
    expect(table.matchedApp(slot).generation).toBe(2);
  });

  it('knows whose app may not have been told yet: as long as that may wait, and not of what was installed without', () => {
    const day = 24 * 60 * 60 * 1000;
    const installedAtMs = Date.UTC(2026, 10, 30, 23, 59);
    let nowMs = installedAtMs;
    const table = new InstallationTable(new AppIndex(), () => nowMs);
    const isAfterCreated = () => table.matchedApp(table.firstOf('mer_1')).afterCreated;
    table.put(installation({ createdEventAtMs: 0n }));
    expect(isAfterCreated()).toBe(false);
    table.put(installation({ createdEventAtMs: BigInt(installedAtMs) }));
    // Clocks may differ.
    for (const age of [0, -day, 8.9 * day]) {
      nowMs = installedAtMs + age;
      expect(isAfterCreated()).toBe(true);
    }
    nowMs = installedAtMs + 10 * day;
    expect(isAfterCreated()).toBe(false);
    nowMs = installedAtMs;
    table.put(installation({ createdEventAtMs: 0n, generation: 2 }));
    expect(isAfterCreated()).toBe(false);
  });

  it('holds what a plain map would, after any history of snapshots and tombstones', () => {
    const { ACTIVE, PENDING_CONSENT, PENDING_PERMISSION_UPGRADE, REVOKED, SUSPENDED } = InstallationStatus;
    const change = fc.record({
      id: fc.integer({ min: 0, max: 40 }),
      app: fc.integer({ min: 0, max: 5 }),
      generation: fc.integer({ min: 1, max: 0xffffffff }),
      isNew: fc.boolean(),
      status: fc.constantFrom(undefined, ACTIVE, PENDING_CONSENT, PENDING_PERMISSION_UPGRADE, REVOKED, SUSPENDED),
    });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 200 }), (history) => {
        const table = new InstallationTable(new AppIndex());
        const model = new Map<string, InstallationSnapshot>();
        for (const { id, app, generation, isNew, status } of history) {
          const installationId = `ins_${id}`;
          const merchantId = `mer_${id % 4}`;
          model.delete(installationId);
          if (status === undefined) table.remove(installationId);
          else {
            const createdEventAtMs = isNew ? BigInt(Date.now()) : 0n;
            const snapshot = installation({ installationId, appId: `app_${app}`, merchantId, generation, createdEventAtMs, status });
            table.put(snapshot);
            if (status === ACTIVE || status === PENDING_PERMISSION_UPGRADE) model.set(installationId, snapshot);
          }
        }
        expect(table.size).toBe(model.size);
        for (const merchantId of ['mer_0', 'mer_1', 'mer_2', 'mer_3']) {
          const expected = [...model.values()].filter((snapshot) => snapshot.merchantId === merchantId);
          expect(appsAt(table, merchantId)).toEqual(
            expected
              .map(({ appId, installationId, generation, createdEventAtMs }) => ({
                appId,
                installationId,
                generation,
                afterCreated: createdEventAtMs > 0n,
              }))
              .sort((one, other) => (one.installationId < other.installationId ? -1 : 1)),
          );
        }
      }),
    );
  });
});
