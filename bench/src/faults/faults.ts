/** What `npm run faults` runs once everything is installed (bootstrap.mjs). */
import { runBuilt } from '../run-built.ts';

await runBuilt(async () => (await import('./run-faults.ts')).runFaults, process.argv.slice(2));
