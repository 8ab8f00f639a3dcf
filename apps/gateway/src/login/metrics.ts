import { Counter } from 'prom-client';
import type { LoginFailure } from './login-failure.ts';

const logins = new Counter({
  name: 'hookwright_merchant_logins_total',
  help: 'Logins of merchants that ended, by outcome',
  labelNames: ['outcome'],
});

/** Counts a login that has ended, one way or the other. Who only leaves is not seen. */
export function countLogin(outcome: LoginFailure | 'succeeded'): void {
  logins.inc({ outcome });
}
