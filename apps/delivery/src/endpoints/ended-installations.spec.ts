import { create, toBinary } from '@bufbuild/protobuf';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { InstallationSnapshotSchema, InstallationStatus } from '@hookwright/contracts';
import { EndedInstallations } from './ended-installations.ts';

const DAY_MS = 86_400_000;
let nowMs = 0;
let table: EndedInstallations;

function snapshot(status: InstallationStatus, generation: number, updatedAtMs = nowMs): Buffer {
  return Buffer.from(
    toBinary(InstallationSnapshotSchema, create(InstallationSnapshotSchema, { status, generation, updatedAtMs: BigInt(updatedAtMs) })),
  );
}

beforeEach(() => {
  nowMs = Date.UTC(2026, 10, 25);
  table = new EndedInstallations(() => nowMs);
});

describe('EndedInstallations', () => {
  it('holds no active installation', () => {
    table.apply('ins_1', snapshot(InstallationStatus.ACTIVE, 1));
    table.apply('ins_2', snapshot(InstallationStatus.PENDING_PERMISSION_UPGRADE, 1));
    expect([table.size, table.endOf('ins_1', 1), table.endOf('ins_2', 1)]).toEqual([0, undefined, undefined]);
  });

  it.each([
    [InstallationStatus.REVOKED, 'installation_revoked'],
    [InstallationStatus.SUSPENDED, 'installation_suspended'],
  ])('ends the generation of status %i; those before it were revoked', (status, end) => {
    table.apply('ins_1', snapshot(status, 2));
    expect([1, 2, 3].map((generation) => table.endOf('ins_1', generation))).toEqual(['installation_revoked', end, undefined]);
  });

  it('lets a suspended installation go on', () => {
    table.apply('ins_1', snapshot(InstallationStatus.SUSPENDED, 1));
    table.apply('ins_1', snapshot(InstallationStatus.ACTIVE, 1));
    expect(table.endOf('ins_1', 1)).toBeUndefined();
  });

  it('keeps an earlier generation ended after a reinstall', () => {
    table.apply('ins_1', snapshot(InstallationStatus.REVOKED, 1));
    table.apply('ins_1', snapshot(InstallationStatus.ACTIVE, 2));
    expect([table.endOf('ins_1', 1), table.endOf('ins_1', 2)]).toEqual(['installation_revoked', undefined]);
  });

  it('ends every generation of one that was removed', () => {
    table.apply('ins_1', null);
    expect(table.endOf('ins_1', 99)).toBe('installation_revoked');
  });

  it('forgets what ended so long ago that nothing of it can be left', () => {
    table.apply('ins_old', snapshot(InstallationStatus.REVOKED, 1, nowMs - 9 * DAY_MS));
    table.apply('ins_1', snapshot(InstallationStatus.REVOKED, 1));
    expect(table.size).toBe(1);
    nowMs += 9 * DAY_MS;
    table.apply('ins_2', snapshot(InstallationStatus.REVOKED, 1));
    expect([table.size, table.endOf('ins_2', 1)]).toEqual([1, 'installation_revoked']);
  });

  it('tells of every end', () => {
    const ends: unknown[] = [];
    table.onEnd((ended) => ends.push(ended));
    table.apply('ins_1', snapshot(InstallationStatus.ACTIVE, 1));
    table.apply('ins_1', snapshot(InstallationStatus.REVOKED, 1));
    expect(ends).toEqual([{ installationId: 'ins_1', throughGeneration: 1, end: 'installation_revoked' }]);
  });
});
