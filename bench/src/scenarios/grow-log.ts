import pg from 'pg';

interface Table {
  readonly name: string;
  /** Columns whose value must differ from copy to copy, with how the copy's is made. */
  readonly changed: Readonly<Record<string, string>>;
}

// A copy's ids look like others: spread evenly over the index, as hashes are, and those that began alike do so again.
const TABLES: readonly Table[] = [
  { name: 'delivery', changed: { id: copiedId('id'), event_id: copiedId('event_id') } },
  { name: 'attempt', changed: { id: copiedId('id'), delivery_id: copiedId('delivery_id') } },
  { name: 'event_body', changed: { event_id: copiedId('event_id') } },
];

/**
 * Copies the delivery log upon itself until it has at least so many deliveries, each with its attempt and its event's body as
 * they were recorded, and lets PostgreSQL know (VACUUM ANALYZE, as autovacuum would in time). Returns how many there are.
 */
export async function growLog(databaseUrl: string, wanted: number): Promise<number> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const present = await count(client);
    const copies = Math.ceil(wanted / present) - 1;
    if (copies > 0) for (const table of TABLES) await client.query(await copyStatement(client, table), [copies, present]);
    await client.query('VACUUM ANALYZE');
    // What was copied shall be on disk before anything is measured.
    await client.query('CHECKPOINT');
    return await count(client);
  } finally {
    await client.end();
  }
}

/** Forgets everything that was delivered. */
export async function emptyLog(databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query(`TRUNCATE ${TABLES.map(({ name }) => name).join(', ')}`);
  } finally {
    await client.end();
  }
}

async function count(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ count: string }>('SELECT count(*) FROM delivery');
  return Number(rows[0]?.count);
}

/** The service's columns are its own matter: whatever else there is, is copied as it is. */
async function copyStatement(client: pg.Client, { name, changed }: Table): Promise<string> {
  const { rows } = await client.query<{ column_name: string }>(
    'SELECT column_name FROM information_schema.columns WHERE table_name = $1 AND is_generated = $2 ORDER BY ordinal_position',
    [name, 'NEVER'],
  );
  const columns = rows.map(({ column_name: column }) => column);
  const values = columns.map((column) => changed[column] ?? `"${column}"`);
  const list = columns.map((column) => `"${column}"`).join(', ');
  return `INSERT INTO ${name} (${list}) SELECT ${values.join(', ')} FROM ${name}, generate_series(1, $1::int) AS copy`;
}

// Other ids each time the log is grown: the rows that were copied before are still there.
function copiedId(column: string): string {
  const hashed = (text: string, characters: number) => `left(md5(${text} || copy || $2::text), ${characters})`;
  return `left("${column}", 4) || ${hashed(`substr("${column}", 5, 10)`, 10)} || ${hashed(`"${column}"`, 16)}`;
}
