import { Inject, Injectable } from '@nestjs/common';
import { Counter } from 'prom-client';
import { Problem } from '@hookwright/runtime';
import { ENV, type GatewayEnv } from '../env.ts';
import { RateLimit } from './rate-limit.ts';

// Row S7 of faults.md.
const OF_CLIENT_PER_MINUTE = 20;

type Shown = 'address' | 'client';

const wrong = new Counter({
  name: 'hookwright_wrong_credentials_total',
  help: 'Wrong credentials by whom they were counted against, and whether they were told to wait',
  labelNames: ['by', 'status'],
});

/**
 * Who shows wrong credentials again and again is told to wait, in place of that they are wrong. Right ones are never looked for here: else
 * anybody could lock out an app whose client id he knows. Guessing is no danger to random bits by the hundred; the load of it is.
 */
@Injectable()
export class WrongCredentials {
  private readonly ofAddressPerMinute: number;

  constructor(
    private readonly rateLimit: RateLimit,
    @Inject(ENV) env: GatewayEnv,
  ) {
    this.ofAddressPerMinute = env.WRONG_CREDENTIALS_PER_MINUTE;
  }

  /** Counts one that an address sent. Rejects with `rate_limited` from the WRONG_CREDENTIALS_PER_MINUTEth of a minute on. */
  async ofAddress(address: string): Promise<void> {
    await this.count('address', `ip:${address}`, this.ofAddressPerMinute);
  }

  /** Counts a wrong secret of an app that is there. Rejects with `rate_limited` from the 20th of a minute on. */
  async ofClient(appId: string): Promise<void> {
    await this.count('client', `client:${appId}`, OF_CLIENT_PER_MINUTE);
  }

  private async count(by: Shown, claimant: string, limit: number): Promise<void> {
    const { count, leftMs } = await this.rateLimit.count(`wrong:${claimant}`);
    wrong.inc({ by, status: count < limit ? '401' : '429' });
    if (count < limit) return;
    const detail = `The credentials are wrong, as were others of this ${by} within a minute.`;
    throw new Problem('rate_limited', detail, { retryAfterSeconds: Math.max(1, Math.ceil(leftMs / 1000)) });
  }
}
