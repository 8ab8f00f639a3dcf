import { Inject, Injectable } from '@nestjs/common';
import { type EgressPolicy, egressPolicy, judgeUrl, resolveAndJudge } from '@hookwright/egress';
import type { FieldError } from '@hookwright/runtime';
import { ENV, type RegistryEnv } from '../env.ts';

const POINTER = '/webhook/url';

/** Judges where an endpoint would send to, before it is saved. Every address is judged again when connecting. */
@Injectable()
export class EndpointTarget {
  readonly policy: EgressPolicy;

  /** Whether an endpoint must be verified before it gets anything. */
  readonly verification: boolean;

  constructor(@Inject(ENV) env: RegistryEnv) {
    this.policy = egressPolicy(env);
    this.verification = env.ENDPOINT_VERIFICATION;
  }

  /** What is wrong with a URL: by its text, then by the addresses its host has now. Takes up to the 2 s that DNS is given. */
  async check(url: string): Promise<FieldError[]> {
    const verdict = judgeUrl(url, this.policy);
    if (!verdict.ok) return [{ pointer: POINTER, code: verdict.code, message: verdict.reason }];
    const host = await resolveAndJudge(verdict.url.hostname, this.policy);
    return host.ok ? [] : [{ pointer: POINTER, code: host.code, message: host.reason }];
  }
}
