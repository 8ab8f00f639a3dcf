export { openPool, type PoolOptions } from './open-pool.ts';
