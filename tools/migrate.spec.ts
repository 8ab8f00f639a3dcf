import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { DATABASE_OWNERS, type DatabaseOwner, NODE, ROOT, runCommand } from '@hookwright/local';
import { createDatabase, type TestDatabase } from '@hookwright/testkit';

async function migrate(command: string, owner: string, databaseUrl: string): Promise<string> {
  const flags = ['--conditions=@hookwright/source', '--disable-warning=ExperimentalWarning'];
  const env = { ...process.env, NODE_OPTIONS: '', DATABASE_URL: databaseUrl };
  const { code, output } = await runCommand([NODE, ...flags, path.join(ROOT, 'tools/migrate.ts'), command, owner], { env });
  expect({ code, output }).toMatchObject({ code: 0 });
  return output;
}

/** `table.column type null` of every column, keys and Prisma's own table left out. */
async function columnsOf({ pool }: TestDatabase): Promise<readonly string[]> {
  const { rows } = await pool.query<{ text: string }>(
    `select format('%s.%s %s %s', table_name, column_name, udt_name, is_nullable) as text
       from information_schema.columns where table_schema = 'public' and table_name <> '_prisma_migrations'`,
  );
  return rows.map(({ text }) => text);
}

/** A database with what schema.prisma says, instead of what the migrations made. */
async function databaseOfSchema(owner: DatabaseOwner): Promise<TestDatabase> {
  const database = await createDatabase(owner);
  await database.pool.query('drop schema public cascade');
  await database.pool.query(await migrate('diff', owner, database.url));
  return database;
}

describe.each(DATABASE_OWNERS)('the database of %s', (owner) => {
  it('has the columns that schema.prisma says after its migrations, which apply once', async () => {
    const [migrated, wished] = await Promise.all([createDatabase(owner), databaseOfSchema(owner)]);
    expect(await columnsOf(migrated)).toEqual(expect.arrayContaining([...(await columnsOf(wished))]));
    expect(await migrate('apply', owner, migrated.url)).toBe('nothing to apply');
    await Promise.all([migrated.drop(), wished.drop()]);
  });
});

it('the command says how it is used', async () => {
  const { code, output } = await runCommand([
    NODE,
    '--conditions=@hookwright/source',
    path.join(ROOT, 'tools/migrate.ts'),
    'apply',
    'portal',
  ]);
  expect(code).toBe(2);
  expect(output).toContain('gateway|registry|vault|delivery');
});
