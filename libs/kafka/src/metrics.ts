import { Gauge } from 'prom-client';

/** Messages between the end of a partition and what its consumer has finished. */
export const consumerLag = new Gauge({
  name: 'hookwright_consumer_lag',
  help: 'Messages of a partition that its consumer group has not finished yet',
  labelNames: ['group', 'topic', 'partition'],
});
