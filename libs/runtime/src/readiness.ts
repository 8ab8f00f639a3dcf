import { Injectable } from '@nestjs/common';

export interface ReadinessCheck {
  readonly name: string;
  /** Throws, or rejects, with the reason while the dependency cannot be used. */
  readonly check: () => void | Promise<void>;
}

/** What a process needs before it can do its work: its own stores and tables. Asked by /health/ready. */
@Injectable()
export class Readiness {
  readonly checks: ReadinessCheck[] = [];

  add(name: string, check: ReadinessCheck['check']): void {
    this.checks.push({ name, check });
  }
}
