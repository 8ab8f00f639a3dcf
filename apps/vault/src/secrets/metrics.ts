import { Counter, Gauge } from 'prom-client';

export const secretsByState = new Gauge({
  name: 'hookwright_secrets',
  help: 'Signing secrets by state: current, expiring (rotated out, still signing), ended (without key material)',
  labelNames: ['state'],
});

export const decryptFailures = new Counter({
  name: 'hookwright_secret_decrypt_failures_total',
  help: 'Secrets that were asked for and did not open, by reason: their app cannot be sent anything',
  labelNames: ['reason'],
});
