import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { LOGGER, type Logger, asProblem } from '@hookwright/runtime';
import { GrantsRepository } from '../grants/grants.repository.ts';
import { TokensRepository } from './tokens.repository.ts';

const SWEEP_MS = 3600 * 1000;
// Some 50 ms; a statement may take 1.5 s.
const AT_ONCE = 2000;
/**
 * A refresh token that was used and comes again within this ends its family; later it is merely unknown. Kept until it would have expired,
 * each installation of an app that refreshes hourly would have 2,160 of them.
 */
const CONSUMED_KEPT_MS = 7 * 24 * 3600 * 1000;
// Longer than any code: a grant has no token before its code is exchanged.
const UNUSED_GRANT_MS = 24 * 3600 * 1000;

/** Deletes tokens that are of no use any more, and grants without tokens. What is expired opens nothing, swept or not. */
@Injectable()
export class OAuthSweep implements OnApplicationBootstrap, OnModuleDestroy {
  private sweeper: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(
    private readonly tokens: TokensRepository,
    private readonly grants: GrantsRepository,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.sweeper = setInterval(() => void this.sweep(), SWEEP_MS);
  }

  onModuleDestroy(): void {
    this.stopped = true;
    clearInterval(this.sweeper);
  }

  async sweep(now = new Date()): Promise<void> {
    const before = (ms: number): Date => new Date(now.getTime() - ms);
    try {
      await this.all(() => this.tokens.deleteSome({ now, consumedBefore: before(CONSUMED_KEPT_MS), limit: AT_ONCE }));
      await this.all(() => this.grants.deleteSome({ madeBefore: before(UNUSED_GRANT_MS), limit: AT_ONCE }));
    } catch (error) {
      this.logger.warn({ reason: asProblem(error).message }, 'oauth.sweep_failed');
    }
  }

  private async all(deleteSome: () => Promise<number>): Promise<void> {
    while (!this.stopped && (await deleteSome()) === AT_ONCE);
  }
}
