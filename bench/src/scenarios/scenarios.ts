import { ENDPOINT_COUNT, LOG_SIZE } from './flat-cost.ts';
import { INGEST_TABLE } from './ingest-table.ts';
import { KNOWN_ENDPOINTS } from './known-endpoints.ts';
import { LOADED, STEADY } from './open-loop.ts';
import type { Scenario } from './scenario.ts';
import { THOUSAND_APPS } from './thousand-apps.ts';
import { FAN_OUT, SINGLE } from './throughput.ts';

/** In the order of the table. */
export const SCENARIOS: readonly Scenario[] = [
  FAN_OUT,
  SINGLE,
  STEADY,
  LOADED,
  THOUSAND_APPS,
  INGEST_TABLE,
  ENDPOINT_COUNT,
  LOG_SIZE,
  KNOWN_ENDPOINTS,
];
