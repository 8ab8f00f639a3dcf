import { describe, expect, it } from '@jest/globals';
import { createDatabase } from './databases.ts';

describe('createDatabase', () => {
  it('gives every caller a database of its own, migrated', async () => {
    const [one, other] = await Promise.all([createDatabase('registry'), createDatabase('registry')]);
    expect(one.url).not.toBe(other.url);
    await one.pool.query('create table mine (id int)');
    const { rows } = await other.pool.query('select migration_name from _prisma_migrations where finished_at is not null');
    expect(rows.length).toBeGreaterThan(0);
    await expect(other.pool.query('select * from mine')).rejects.toThrow('does not exist');
    await Promise.all([one.drop(), other.drop()]);
  });
});
