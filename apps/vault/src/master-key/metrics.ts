import { Counter, Gauge } from 'prom-client';

export const secretsByMasterKey = new Gauge({
  name: 'hookwright_secrets_by_master_key',
  help: 'Secrets with key material by the master key that wrapped their data keys: after a rotation of master keys one is left',
  labelNames: ['key_id'],
});

export const rewrapFailures = new Counter({
  name: 'hookwright_rewrap_failures_total',
  help: 'Data keys that were to be wrapped anew and did not open, again at each look, by reason',
  labelNames: ['reason'],
});
