import { Inject, Injectable } from '@nestjs/common';
import { newId } from '@hookwright/contracts';
import { LOGGER, type Logger } from '@hookwright/runtime';
import type { KeyMode, PartnerCaller } from '../access/caller.ts';
import { SCOPES } from '../access/scopes.ts';
import { ShortCache } from '../access/short-cache.ts';
import { ENV, type GatewayEnv } from '../env.ts';
import type { ApiKey } from '../generated/prisma/client.ts';
import { generateKey, hashKey, isDemoKey, prefixOf } from './api-key.ts';
import { ApiKeysRepository } from './api-keys.repository.ts';

// People read it, in days; a write for each request would cost more than the request.
const NOTE_USE_EVERY_MS = 60_000;

export interface NewKey {
  readonly id: string;
  /** Shown once; only its hash is stored. */
  readonly key: string;
}

/** The partners' credentials. */
@Injectable()
export class ApiKeys {
  private readonly cache = new ShortCache<PartnerCaller>();

  constructor(
    private readonly repository: ApiKeysRepository,
    @Inject(ENV) private readonly env: GatewayEnv,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Whose key it is; undefined for none. Requests with the same key share one look-up for 0.9 s. */
  async find(key: string): Promise<PartnerCaller | undefined> {
    // A database that was once used with demo keys must not open with them in production.
    if (isDemoKey(key) && !this.env.DEMO_KEYS) return undefined;
    const hash = hashKey(key);
    return await this.cache.find(hash.toString('base64'), async () => {
      const row = await this.repository.findByHash(hash);
      return row === null ? undefined : this.use(row);
    });
  }

  async list(partnerId: string): Promise<ApiKey[]> {
    return await this.repository.listOfPartner(partnerId);
  }

  /** Makes one key per mode, or of the modes given, all or none. */
  async create(partnerId: string, modes: readonly KeyMode[], scopes: readonly string[] = SCOPES): Promise<NewKey[]> {
    const created = modes.map((mode) => ({ id: newId('key'), key: generateKey(mode), mode }));
    await this.repository.insert(
      created.map(({ id, key, mode }) => ({ id, partnerId, mode, hash: hashKey(key), prefix: prefixOf(key), scopes: [...scopes] })),
    );
    return created;
  }

  /** Whether there was such a key. */
  async delete(partnerId: string, id: string): Promise<boolean> {
    const deleted = await this.repository.delete(partnerId, id);
    this.cache.clear();
    return deleted;
  }

  private use(row: ApiKey): PartnerCaller {
    void this.noteUse(row, new Date());
    return callerOf(row);
  }

  /** At most once a minute and key. Never rejects: no request depends on it, nor waits for it. */
  private async noteUse({ id, lastUsedAt }: ApiKey, now: Date): Promise<void> {
    const since = new Date(now.getTime() - NOTE_USE_EVERY_MS);
    if (lastUsedAt !== null && lastUsedAt > since) return;
    try {
      await this.repository.noteUse(id, now, since);
    } catch (error) {
      this.logger.warn({ err: error, key_id: id }, 'api_key.use_not_noted');
    }
  }
}

function callerOf({ id, partnerId, mode, scopes }: ApiKey): PartnerCaller {
  return { kind: 'partner', id, partnerId, mode, scopes: new Set(scopes) };
}
