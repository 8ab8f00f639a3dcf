import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import {
  Actor,
  encodeCloudEvent,
  type InstallationSchema,
  InstallationSnapshotSchema,
  InstallationStatus,
  type InstallationTransitionSchema,
  TOPICS,
} from '@hookwright/contracts';
import type { OutboxMessage } from '@hookwright/outbox';
import type { Transition as TransitionRow } from '../generated/prisma/client.ts';
import type { Mode } from '../generated/prisma/enums.ts';
import { ACTORS, INSTALLATION_STATUSES } from '../messages/enums.ts';
import { toMs } from '../messages/times.ts';
import type { Installation, InstallationChange } from './installation.ts';

const SOURCE = '/hookwright/registry';
// Comparable as text, like the sequences of merchants' events.
const SEQUENCE_DIGITS = 12;

export function toInstallation(installation: Installation): MessageInitShape<typeof InstallationSchema> {
  const { revokedAt, revokedBy, grantedScopes, grantedPermissions } = installation;
  return {
    id: installation.id,
    appId: installation.appId,
    merchantId: installation.merchantId,
    status: INSTALLATION_STATUSES.valueOf(installation.status),
    generation: installation.generation,
    grantedScopes: [...grantedScopes],
    grantedPermissions: [...grantedPermissions],
    installedBy: installation.installedBy,
    installedAtMs: toMs(installation.installedAt),
    ...(revokedAt === null ? {} : { revokedAtMs: toMs(revokedAt) }),
    revokedBy: revokedBy === null ? Actor.UNSPECIFIED : ACTORS.valueOf(revokedBy),
    sequence: installation.sequence,
    suspendedWithApp: installation.status === 'suspended' && installation.suspendedWithApp,
  };
}

export function toTransition(row: TransitionRow): MessageInitShape<typeof InstallationTransitionSchema> {
  const { previousStatus } = row;
  return {
    previousStatus: previousStatus === null ? InstallationStatus.UNSPECIFIED : INSTALLATION_STATUSES.valueOf(previousStatus),
    status: INSTALLATION_STATUSES.valueOf(row.status),
    generation: row.generation,
    grantedScopes: row.grantedScopes,
    actor: ACTORS.valueOf(row.actor),
    reason: row.reason,
    occurredAtMs: toMs(row.occurredAt),
  };
}

/** What a change tells the others: the state that it led to, and the lifecycle event. */
export function announcements(change: InstallationChange, mode: Mode): OutboxMessage[] {
  return [installationSnapshot(change), lifecycleEvent(change, mode)];
}

function installationSnapshot({ installation, cause }: InstallationChange): OutboxMessage {
  const { id, appId, merchantId, status, grantedScopes, generation, tellsCreated, installedAt } = installation;
  const snapshot = create(InstallationSnapshotSchema, {
    installationId: id,
    appId,
    merchantId,
    status: INSTALLATION_STATUSES.valueOf(status),
    grantedScopes: [...grantedScopes],
    generation,
    updatedAtMs: toMs(cause.now),
    createdEventAtMs: tellsCreated ? toMs(installedAt) : 0n,
  });
  // Where the merchant's own topics have him, so that ingest can hold just its partitions' merchants (design.md).
  return { topic: TOPICS.installations, key: id, partitionKey: merchantId, value: toBinary(InstallationSnapshotSchema, snapshot) };
}

/** The installation is not there any more: of no generation. */
export function installationRemoved({ id, merchantId }: Installation): OutboxMessage {
  return { topic: TOPICS.installations, key: id, partitionKey: merchantId, value: null };
}

function lifecycleEvent(change: InstallationChange, mode: Mode): OutboxMessage {
  const { installation, kind, cause } = change;
  return eventOf(installation, { type: `partner_app.install.${kind}`, mode, now: cause.now, data: lifecycleData(change) });
}

/** Tells the app to erase what it has of a merchant whose installation has ended. */
export function redactEvent(installation: Installation, mode: Mode, now: Date): OutboxMessage {
  // Nothing changes with it: the states are those that the end led to, and who ended it is behind this too.
  const { status: previousStatus, grantedScopes: previousScopes, revokedBy } = installation;
  const cause = { actor: revokedBy ?? 'operator', reason: '', now } as const;
  const data = lifecycleData({ installation, previousStatus, previousScopes, cause });
  return eventOf(installation, { type: 'partner_app.merchant.redact', mode, now, data });
}

interface Told {
  readonly type: string;
  readonly mode: Mode;
  readonly now: Date;
  readonly data: Readonly<Record<string, unknown>>;
}

/** The event's number within the installation makes its id, and its sequence: a gap shows the app that it missed one. */
function eventOf({ id, appId, merchantId, generation, sequence }: Installation, { type, mode, now, data }: Told): OutboxMessage {
  const event = encodeCloudEvent({
    id: `${id}.${sequence}`,
    source: SOURCE,
    type,
    timeMs: now.getTime(),
    extensions: {
      appid: appId,
      merchantid: merchantId,
      installationid: id,
      generation: String(generation),
      mode,
      sequence: String(sequence).padStart(SEQUENCE_DIGITS, '0'),
    },
    data,
  });
  return { topic: TOPICS.lifecycle, key: appId, ...event };
}

/** Source: api.md, "Lifecycle data". */
function lifecycleData({ installation, previousStatus, previousScopes, cause }: Omit<InstallationChange, 'kind'>) {
  return {
    partner_app_id: installation.appId,
    installation_id: installation.id,
    merchant_id: installation.merchantId,
    status: installation.status,
    previous_status: previousStatus,
    granted_scopes: installation.grantedScopes,
    previous_scopes: previousScopes,
    generation: installation.generation,
    actor: cause.actor,
    reason: cause.reason,
    occurred_at: cause.now.toISOString(),
  };
}
