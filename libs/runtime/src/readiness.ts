import { Injectable } from '@nestjs/common';
import { Gauge } from 'prom-client';
import { withTimeout } from './with-timeout.ts';

export interface ReadinessCheck {
  readonly name: string;
  /** Throws, or rejects, with the reason while the dependency cannot be used. */
  readonly check: () => void | Promise<void>;
}

// A dependency that hangs must not hang the answer: orchestrators ask every few seconds.
const CHECK_TIMEOUT_MS = 1000;

const dependencyUp = new Gauge({
  name: 'hookwright_dependency_up',
  help: '1 while what the process uses can be used, 0 while it cannot; /health/ready has the reason for those it cannot do without',
  labelNames: ['name'],
});

/** What a process uses: its own stores and tables. Asked for by /health/ready and /metrics. */
@Injectable()
export class Readiness {
  /** What it cannot do its work without. */
  readonly checks: ReadinessCheck[] = [];
  private readonly hints: ReadinessCheck[] = [];

  add(name: string, check: ReadinessCheck['check']): void {
    this.checks.push({ name, check });
  }

  /** Something it works without, if less well: it is in the metrics, and the process is ready all the same. */
  addHint(name: string, check: ReadinessCheck['check']): void {
    this.hints.push({ name, check });
  }

  /** Why a check fails, within a second; undefined when it does not. */
  async faultOf({ check }: ReadinessCheck): Promise<string | undefined> {
    try {
      await withTimeout(Promise.resolve().then(check), CHECK_TIMEOUT_MS);
      return undefined;
    } catch (error) {
      return error instanceof Error && error.message !== '' ? error.message : String(error);
    }
  }

  /** Brings the gauges up to date. */
  async measure(): Promise<void> {
    await Promise.all(
      [...this.checks, ...this.hints].map(async (check) => {
        dependencyUp.set({ name: check.name }, (await this.faultOf(check)) === undefined ? 1 : 0);
      }),
    );
  }
}
