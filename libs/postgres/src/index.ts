export { inTransaction } from './in-transaction.ts';
export { openPool, type PoolOptions } from './open-pool.ts';
