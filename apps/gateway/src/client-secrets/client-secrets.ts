import { Injectable } from '@nestjs/common';
import { newId } from '@hookwright/contracts';
import { planRotation, type RotationRequest } from '@hookwright/rotation';
import { Problem } from '@hookwright/runtime';
import { AuditHandover } from '../audit/audit-handover.ts';
import { WrongCredentials } from '../rate-limit/wrong-credentials.ts';
import { generateClientSecret, hashClientSecret } from './client-secret.ts';
import { ClientSecretsRepository } from './client-secrets.repository.ts';

export interface ClientSecretRotation extends Omit<RotationRequest, 'now'> {
  /** In the caller's words, for the audit log. */
  readonly reason: string;
}

export interface RotatedClientSecret {
  /** The new one, in clear. */
  readonly secret: string;
  /** Until when the one before opens too; null when there was none. */
  readonly previousExpiresAt: Date | null;
}

/** What an app authenticates itself with as an OAuth client. It rotates like its signing secret. */
@Injectable()
export class ClientSecrets {
  constructor(
    private readonly secrets: ClientSecretsRepository,
    private readonly wrongCredentials: WrongCredentials,
    private readonly audit: AuditHandover,
  ) {}

  /** A new app's first one, in clear. */
  async create(appId: string): Promise<string> {
    const secret = generateClientSecret();
    await this.secrets.change(appId, (transaction) => this.secrets.insert(transaction, rowOf(appId, secret, new Date())));
    return secret;
  }

  /** Throws `rotation_in_progress` while the one before last still opens, unless forced: then that one ends. */
  async rotate(appId: string, { reason, ...request }: ClientSecretRotation): Promise<RotatedClientSecret> {
    const secret = generateClientSecret();
    return await this.secrets.change(appId, async (transaction) => {
      const now = new Date();
      const rotation = planRotation(await this.secrets.listLive(transaction, appId, now), { ...request, now });
      if (!rotation.ok && rotation.reason === 'rotation_in_progress') throw inProgress();
      await this.secrets.delete(transaction, appId, { ids: rotation.ok ? rotation.ended : [], now });
      if (rotation.ok) await this.secrets.expire(transaction, rotation.previous.id, rotation.previous.expiresAt);
      const row = rowOf(appId, secret, now);
      await this.secrets.insert(transaction, row);
      const details = { overlap_seconds: request.overlapSeconds, force: request.force, reason };
      await this.audit.add(transaction, { appId, action: 'client_secret.rotated', target: row.id, details });
      return { secret, previousExpiresAt: rotation.ok ? rotation.previous.expiresAt : null };
    });
  }

  /** Whether it is a secret of the app that has not ended. Rejects with `rate_limited` from the 20th wrong one of a minute on. */
  async matches(appId: string, secret: string): Promise<boolean> {
    if (await this.secrets.hasLive(appId, hashClientSecret(secret), new Date())) return true;
    await this.noteWrong(appId);
    return false;
  }

  /** Counts a wrong one, also of a client whose secret is compared elsewhere. Rejects likewise. */
  async noteWrong(client: string): Promise<void> {
    await this.wrongCredentials.ofClient(client);
  }

  async erase(appId: string): Promise<void> {
    await this.secrets.deleteAll(appId);
  }
}

function rowOf(appId: string, secret: string, createdAt: Date) {
  return { id: newId('cls', createdAt.getTime()), appId, hash: hashClientSecret(secret), createdAt };
}

function inProgress(): Problem {
  return new Problem('rotation_in_progress', 'The secret before the last one still opens. Wait for its end, or end it with force.');
}
