import { Inject, Injectable } from '@nestjs/common';
import { Readiness } from '@hookwright/runtime';
import { ENV, type GatewayEnv, type ServiceUrl } from '../env.ts';
import { Answer } from '../http/answer.ts';

const TIMEOUT_MS = 1000;

export type ServiceState = { readonly status: 'up' } | { readonly status: 'down'; readonly reason: string };

export interface SystemState {
  readonly status: 'ok' | 'error';
  readonly services: Readonly<Record<string, ServiceState>>;
}

/** The body of /health/ready: what is not up has its reason under `error`. */
interface ReadyBody {
  readonly error?: Readonly<Record<string, { readonly message?: string }>>;
}

/** Whether every service of the system is ready; those are asked that SYSTEM_HEALTH_URLS names, and this one. */
@Injectable()
export class SystemHealth {
  constructor(
    private readonly readiness: Readiness,
    @Inject(ENV) private readonly env: GatewayEnv,
  ) {}

  /** 200, or 503 with which is not ready and why; within about a second. */
  async check(): Promise<Answer<SystemState>> {
    const asked = this.env.SYSTEM_HEALTH_URLS.map(async (service) => [service.name, await ask(service)] as const);
    const states = await Promise.all([this.own(), ...asked]);
    const ok = states.every(([, { status }]) => status === 'up');
    return new Answer({ status: ok ? 'ok' : 'error', services: Object.fromEntries(states) }, { status: ok ? 200 : 503 });
  }

  private async own(): Promise<readonly [string, ServiceState]> {
    const faults = await Promise.all(
      this.readiness.checks.map(async (check) => ({ name: check.name, reason: await this.readiness.faultOf(check) })),
    );
    const failed = faults.filter(({ reason }) => reason !== undefined).map(({ name, reason }) => `${name}: ${reason ?? ''}`);
    return ['gateway', failed.length === 0 ? { status: 'up' } : { status: 'down', reason: failed.join('; ') }];
  }
}

async function ask({ url }: ServiceUrl): Promise<ServiceState> {
  try {
    const response = await fetch(new URL('/health/ready', url), { signal: AbortSignal.timeout(TIMEOUT_MS), redirect: 'error' });
    if (response.ok) return { status: 'up' };
    const { error = {} } = (await response.json()) as ReadyBody;
    const reasons = Object.entries(error).map(([name, { message }]) => `${name}: ${message ?? 'down'}`);
    return { status: 'down', reason: reasons.length === 0 ? `answers ${response.status}` : reasons.join('; ') };
  } catch (error) {
    return { status: 'down', reason: messageOf(error) };
  }
}

/** fetch says "fetch failed"; the reason is in the cause. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `no answer within ${TIMEOUT_MS} ms`;
  return error.cause instanceof Error ? error.cause.message : error.message;
}
