/** What `npm run bench` runs once everything is installed (bootstrap.mjs). */
import { runBuilt } from './run-built.ts';

await runBuilt(async () => (await import('./run-bench.ts')).runBench, process.argv.slice(2));
