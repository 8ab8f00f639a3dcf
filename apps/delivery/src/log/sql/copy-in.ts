import type pg from 'pg';

/** `COPY … FROM STDIN (FORMAT binary)`, and its data. */
export interface Copy {
  readonly text: string;
  readonly data: Buffer;
}

/**
 * Runs several COPY in one go, all or none: one simple query is one transaction, and the data goes out behind it without waiting to be asked
 * for (PostgreSQL drops it when an earlier one failed). A third cheaper than INSERT … unnest for PostgreSQL, half for the worker. pg has the
 * messages of COPY, but no query of its own that sends them.
 */
export async function copyIn(pool: pg.Pool, copies: readonly Copy[]): Promise<void> {
  const client = await pool.connect();
  try {
    await new Promise<void>((resolve, reject) => {
      client.query(new CopyIn(copies, (error) => (error === null ? resolve() : reject(error))));
    });
    client.release();
  } catch (error) {
    // After an error of PostgreSQL's own the connection is as good as before.
    client.release(!('severity' in (error as Error)));
    throw error;
  }
}

/** Methods that @types/pg leaves out. */
interface CopyConnection extends pg.Connection {
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
}

/** What pg's client calls while the query is the active one. */
class CopyIn implements pg.Submittable {
  constructor(
    private readonly copies: readonly Copy[],
    /** pg wraps it, to stop its clock. */
    public callback: (error: Error | null) => void,
  ) {}

  submit(connection: pg.Connection): void {
    const copying = connection as CopyConnection;
    copying.stream.cork();
    copying.query(this.copies.map(({ text }) => text).join(';'));
    for (const { data } of this.copies) {
      copying.sendCopyFromChunk(data);
      copying.endCopyFrom();
    }
    copying.stream.uncork();
  }

  // One for each COPY: nothing to wait for.
  handleCopyInResponse(): void {}

  handleCommandComplete(): void {}

  handleReadyForQuery(): void {
    this.callback(null);
  }

  handleError(error: Error): void {
    this.callback(error);
  }
}
