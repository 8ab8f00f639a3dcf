import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { LOGGER, type Logger, Problem, Readiness } from '@hookwright/runtime';
import type { KeyMode } from '../access/caller.ts';
import { SCOPES } from '../access/scopes.ts';
import { Backends } from '../backends/backends.ts';
import { ENV, type GatewayEnv } from '../env.ts';
import { DEMO_KEYS, hashKey, prefixOf } from './api-key.ts';
import { ApiKeysRepository } from './api-keys.repository.ts';

const DEMO_PARTNER = { id: 'par_demo', name: 'Demo Partner' };
const RETRY_MS = 500;

/** Seeds the demo partner and its keys (DEMO_KEYS=on), as soon as the database and the registry answer. */
@Injectable()
export class DemoPartner implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly stopped = new AbortController();
  private waitingFor: string | undefined = 'not tried yet';

  constructor(
    private readonly repository: ApiKeysRepository,
    private readonly backends: Backends,
    private readonly readiness: Readiness,
    @Inject(ENV) private readonly env: GatewayEnv,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    if (!this.env.DEMO_KEYS) return;
    this.readiness.add('demo_partner', () => {
      if (this.waitingFor !== undefined) throw new Error(this.waitingFor);
    });
    void this.seedUntilDone();
  }

  onModuleDestroy(): void {
    this.stopped.abort();
  }

  private async seedUntilDone(): Promise<void> {
    while (!this.stopped.signal.aborted && this.waitingFor !== undefined) {
      this.waitingFor = await this.seed();
      if (this.waitingFor !== undefined) await delay(RETRY_MS, undefined, { signal: this.stopped.signal }).catch(() => undefined);
    }
  }

  /** What is in the way; undefined when it is done. */
  private async seed(): Promise<string | undefined> {
    try {
      await this.repository.insert([keyRow('live'), keyRow('test')]);
      await this.backends.registry.createPartner(DEMO_PARTNER).catch(ignoreConflict);
      this.logger.info({ partner_id: DEMO_PARTNER.id }, 'demo_partner.seeded');
      return undefined;
    } catch (error) {
      // Prisma's messages have several lines; the last one says what is wrong.
      const reason = error instanceof Error ? (error.message.trim().split('\n').at(-1) ?? '') : String(error);
      if (reason !== this.waitingFor) this.logger.warn({ reason }, 'demo_partner.waiting');
      return reason;
    }
  }
}

function keyRow(mode: KeyMode): Parameters<ApiKeysRepository['insert']>[0][number] {
  const key = DEMO_KEYS[mode];
  return { id: `key_demo_${mode}`, partnerId: DEMO_PARTNER.id, mode, hash: hashKey(key), prefix: prefixOf(key), scopes: [...SCOPES] };
}

function ignoreConflict(error: unknown): void {
  if (!(error instanceof Problem && error.code === 'conflict')) throw error;
}
