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
import type { Permission } from '../apps/app.ts';
import type { Transition as TransitionRow } from '../generated/prisma/client.ts';
import type { Mode } from '../generated/prisma/enums.ts';
import { ACTORS, INSTALLATION_STATUSES } from '../messages/enums.ts';
import { toMs } from '../messages/times.ts';
import type { Installation, InstallationChange } from './installation.ts';

const SOURCE = '/hookwright/registry';
// Comparable as text, like the sequences of merchants' events.
const SEQUENCE_DIGITS = 12;

export function toInstallation(
  installation: Installation,
  permissions: readonly Permission[],
): MessageInitShape<typeof InstallationSchema> {
  const { revokedAt, revokedBy, grantedScopes } = installation;
  return {
    id: installation.id,
    appId: installation.appId,
    merchantId: installation.merchantId,
    status: INSTALLATION_STATUSES.valueOf(installation.status),
    generation: installation.generation,
    grantedScopes: [...grantedScopes],
    grantedPermissions: grantedPermissions(grantedScopes, permissions),
    installedBy: installation.installedBy,
    installedAtMs: toMs(installation.installedAt),
    ...(revokedAt === null ? {} : { revokedAtMs: toMs(revokedAt) }),
    revokedBy: revokedBy === null ? Actor.UNSPECIFIED : ACTORS.valueOf(revokedBy),
  };
}

/** The permissions of the app whose scopes were all granted. */
export function grantedPermissions(grantedScopes: readonly string[], permissions: readonly Permission[]): string[] {
  const granted = permissions.filter(({ scopes }) => scopes.length > 0 && scopes.every((scope) => grantedScopes.includes(scope)));
  return granted.map(({ id }) => id);
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
  const { id, appId, merchantId, status, grantedScopes, generation } = installation;
  const snapshot = create(InstallationSnapshotSchema, {
    installationId: id,
    appId,
    merchantId,
    status: INSTALLATION_STATUSES.valueOf(status),
    grantedScopes: [...grantedScopes],
    generation,
    updatedAtMs: toMs(cause.now),
  });
  // Where the merchant's own topics have him, so that ingest can hold just its partitions' merchants (design.md).
  return { topic: TOPICS.installations, key: id, partitionKey: merchantId, value: toBinary(InstallationSnapshotSchema, snapshot) };
}

/** The transition's number within the installation makes the event's id, and its sequence: a gap shows the app that it missed one. */
function lifecycleEvent(change: InstallationChange, mode: Mode): OutboxMessage {
  const { id, appId, merchantId, generation, sequence } = change.installation;
  const event = encodeCloudEvent({
    id: `${id}.${sequence}`,
    source: SOURCE,
    type: `partner_app.install.${change.kind}`,
    timeMs: change.cause.now.getTime(),
    extensions: {
      appid: appId,
      merchantid: merchantId,
      installationid: id,
      generation: String(generation),
      mode,
      sequence: String(sequence).padStart(SEQUENCE_DIGITS, '0'),
    },
    data: lifecycleData(change),
  });
  return { topic: TOPICS.lifecycle, key: appId, ...event };
}

/** Source: api.md, "Lifecycle data". */
function lifecycleData({ installation, previousStatus, previousScopes, cause }: InstallationChange) {
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
