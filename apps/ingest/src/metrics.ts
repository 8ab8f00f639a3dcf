import { Counter, Gauge, Histogram } from 'prom-client';

// Topics are few and chosen by the platform: a label may name them. Apps and merchants are many: never.
export const eventsConsumed = new Counter({
  name: 'hookwright_events_consumed_total',
  help: 'Messages read from the merchant topics and app.lifecycle, and finished',
  labelNames: ['topic'],
});

export const eventsMatched = new Counter({
  name: 'hookwright_events_matched_total',
  help: 'Events that at least one app must get',
});

export const eventsUnmatched = new Counter({
  name: 'hookwright_events_unmatched_total',
  help: 'Events that no app must get',
});

export const appsMatched = new Counter({
  name: 'hookwright_apps_matched_total',
  help: 'Deliveries asked for: matched apps, summed over the events',
});

export const deadLetters = new Counter({
  name: 'hookwright_dead_letters_total',
  help: 'Messages that could not be used and went to their dead-letter topic',
  labelNames: ['reason'],
});

export const batchSeconds = new Histogram({
  name: 'hookwright_fan_out_batch_seconds',
  help: 'Time from a batch of one partition to the acknowledgement of all that came of it',
  buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
});

type TableSizes = () => Iterable<readonly [table: string, entries: number]>;

let tableSizes: TableSizes = () => [];

/** Says where the sizes of the tables come from. They are asked when the metrics are: a million snapshots must not cost a million updates. */
export function measureTables(sizes: TableSizes): void {
  tableSizes = sizes;
}

export const tableEntries = new Gauge({
  name: 'hookwright_table_entries',
  help: 'Entries of the tables in memory',
  labelNames: ['table'],
  collect() {
    for (const [table, entries] of tableSizes()) this.set({ table }, entries);
  },
});
