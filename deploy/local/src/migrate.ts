import fs from 'node:fs';
import path from 'node:path';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import type { MigrationList, SchemaEngine } from '@prisma/schema-engine-wasm';
import pg from 'pg';
import { ROOT } from './root.ts';

/** The services that own a database, which is called hookwright_<service>. */
export const DATABASE_OWNERS = ['gateway', 'registry', 'vault', 'delivery'] as const;
export type DatabaseOwner = (typeof DATABASE_OWNERS)[number];

const FILTERS = { externalTables: [], externalEnums: [] };

/** Creates a database when there is none of that name; `adminUrl` is any database of the server. Returns the URL of the new one. */
export async function ensureDatabase(adminUrl: string, name: string): Promise<string> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [name]);
    if (rowCount === 0) await client.query(`create database ${client.escapeIdentifier(name)}`);
  } finally {
    await client.end();
  }
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  return url.href;
}

/**
 * Applies the migrations of apps/<owner>/prisma that the database has not had yet, as `prisma migrate deploy` would, and keeps
 * Prisma's own `_prisma_migrations`. Returns the names of those applied now. Rejects with the engine's reason.
 */
export async function applyMigrations(owner: DatabaseOwner, databaseUrl: string): Promise<readonly string[]> {
  return await withEngine(readSchema(owner), databaseUrl, async (engine) => {
    const { appliedMigrationNames } = await engine.applyMigrations({ filters: FILTERS, migrationsList: readMigrations(owner) });
    return appliedMigrationNames;
  });
}

/** The SQL that makes apps/<owner>/prisma/schema.prisma from an empty database. */
export async function schemaSql(owner: DatabaseOwner, databaseUrl: string): Promise<string> {
  const schema = readSchema(owner);
  const files = [{ path: 'schema.prisma', content: schema }];
  return await withEngine(schema, databaseUrl, async (engine) => {
    const target = { tag: 'schemaDatamodel', files } as const;
    const { stdout } = await engine.diff({ from: { tag: 'empty' }, to: target, script: true, exitCode: null, filters: FILTERS });
    return stdout ?? '';
  });
}

/** Prisma's schema engine as WebAssembly over the pg driver: the native one would have to be downloaded from a place of Prisma's own. */
async function withEngine<T>(schema: string, databaseUrl: string, act: (engine: SchemaEngine) => Promise<T>): Promise<T> {
  // Loaded when needed: 2 MB, and Jest's module loader, which imports this file for other things, has no use for it.
  const { SchemaEngine } = await import('@prisma/schema-engine-wasm');
  const pool = new pg.Pool({ connectionString: databaseUrl });
  try {
    const adapter = bindMigrationAwareSqlAdapterFactory(new PrismaPg(pool));
    return await act(await SchemaEngine.new({ datamodels: [['schema.prisma', schema]] }, () => undefined, adapter));
  } finally {
    await pool.end();
  }
}

function prismaFolder(owner: DatabaseOwner): string {
  return path.join(ROOT, 'apps', owner, 'prisma');
}

function readSchema(owner: DatabaseOwner): string {
  return fs.readFileSync(path.join(prismaFolder(owner), 'schema.prisma'), 'utf8');
}

function readMigrations(owner: DatabaseOwner): MigrationList {
  const directory = path.join(prismaFolder(owner), 'migrations');
  const entries = fs.readdirSync(directory, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return {
    baseDir: directory,
    lockfile: { path: 'migration_lock.toml', content: 'provider = "postgresql"\n' },
    shadowDbInitScript: '',
    migrationDirectories: names.sort().map((name) => ({
      path: name,
      migrationFile: {
        path: 'migration.sql',
        content: { tag: 'ok', value: fs.readFileSync(path.join(directory, name, 'migration.sql'), 'utf8') },
      },
    })),
  };
}
