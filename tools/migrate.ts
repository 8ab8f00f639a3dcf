/**
 * Migrations by hand (npm start and the testkit apply them by themselves). With node_modules/.bin first in PATH:
 *   DATABASE_URL=postgresql://… node --conditions=@hookwright/source tools/migrate.ts apply registry
 *   DATABASE_URL=postgresql://… node --conditions=@hookwright/source tools/migrate.ts diff registry    # SQL of the whole schema
 */
import { applyMigrations, DATABASE_OWNERS, schemaSql } from '@hookwright/local';

const [command, name] = process.argv.slice(2);
const owner = DATABASE_OWNERS.find((candidate) => candidate === name);
const url = process.env['DATABASE_URL'];
if ((command !== 'apply' && command !== 'diff') || owner === undefined || url === undefined) {
  console.error(`usage: DATABASE_URL=postgresql://… tools/migrate.ts apply|diff ${DATABASE_OWNERS.join('|')}`);
  process.exit(2);
}
if (command === 'apply') {
  const applied = await applyMigrations(owner, url);
  console.log(applied.length === 0 ? 'nothing to apply' : applied.join('\n'));
} else {
  console.log(await schemaSql(owner, url));
}
// The engine leaves the timer of its lock running for 10 s.
process.exit(0);
