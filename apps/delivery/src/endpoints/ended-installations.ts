import { fromBinary } from '@bufbuild/protobuf';
import { type InstallationSnapshot, InstallationSnapshotSchema, InstallationStatus } from '@hookwright/contracts';

export type InstallationEnd = 'installation_revoked' | 'installation_suspended';

interface Ended {
  /** This generation and all before it have ended. */
  readonly throughGeneration: number;
  readonly end: InstallationEnd;
  readonly atMs: number;
}

/** Told of an installation whose deliveries up to a generation must not go out any more. */
export type EndListener = (ended: { installationId: string; throughGeneration: number; end: InstallationEnd }) => void;

// Nothing waits longer: an event's body is kept for 7 days, and without it nothing can be sent.
const REMEMBERED_MS = 8 * 24 * 60 * 60 * 1000;
const FORGET_EVERY_MS = 60 * 60 * 1000;

/**
 * Installations that stopped being active lately (topic registry.installations). A message says which generation it was matched with, so
 * the active ones, millions perhaps, need no place in a worker's memory.
 */
export class EndedInstallations {
  private readonly ended = new Map<string, Ended>();
  private listener: EndListener = () => undefined;
  private nextForgettingMs = 0;

  constructor(private readonly clock: () => number = Date.now) {}

  onEnd(listener: EndListener): void {
    this.listener = listener;
  }

  /** Takes one message of the topic; null: the installation was removed, whatever its generation. */
  apply(installationId: string, value: Buffer | null): void {
    const snapshot = value === null ? undefined : fromBinary(InstallationSnapshotSchema, value);
    const ended = snapshot === undefined ? this.removed() : endedBy(snapshot);
    if (ended === undefined) {
      this.ended.delete(installationId);
      return;
    }
    if (ended.atMs < this.clock() - REMEMBERED_MS) return;
    this.ended.set(installationId, ended);
    this.listener({ installationId, throughGeneration: ended.throughGeneration, end: ended.end });
    this.forgetOld();
  }

  /** Why an installation does not count any more in that generation; undefined while it does. */
  endOf(installationId: string, generation: number): InstallationEnd | undefined {
    const ended = this.ended.get(installationId);
    if (ended === undefined || generation > ended.throughGeneration) return undefined;
    // Before the next generation began this one was revoked.
    return generation < ended.throughGeneration ? 'installation_revoked' : ended.end;
  }

  get size(): number {
    return this.ended.size;
  }

  private removed(): Ended {
    return { throughGeneration: Number.MAX_SAFE_INTEGER, end: 'installation_revoked', atMs: this.clock() };
  }

  private forgetOld(): void {
    const nowMs = this.clock();
    if (nowMs < this.nextForgettingMs) return;
    this.nextForgettingMs = nowMs + FORGET_EVERY_MS;
    for (const [id, { atMs }] of this.ended) if (atMs < nowMs - REMEMBERED_MS) this.ended.delete(id);
  }
}

function endedBy({ status, generation, updatedAtMs }: InstallationSnapshot): Ended | undefined {
  const atMs = Number(updatedAtMs);
  switch (status) {
    case InstallationStatus.REVOKED:
      return { throughGeneration: generation, end: 'installation_revoked', atMs };
    case InstallationStatus.SUSPENDED:
      return { throughGeneration: generation, end: 'installation_suspended', atMs };
    case InstallationStatus.ACTIVE:
    case InstallationStatus.PENDING_PERMISSION_UPGRADE:
    case InstallationStatus.PENDING_CONSENT:
    case InstallationStatus.UNSPECIFIED:
      // Installed again: what was matched with an earlier generation belongs to a grant that is over.
      return generation > 1 ? { throughGeneration: generation - 1, end: 'installation_revoked', atMs } : undefined;
  }
}
