import { BinaryWriter, type Field, type FieldType, OIDS } from './binary-writer.ts';

export interface Column<Row> {
  readonly name: string;
  readonly type: FieldType;
  readonly of: (row: Row) => Field;
}

// COPY's binary format (PostgreSQL, COPY, "Binary Format"): no flags, no header extension; each row begins with its number of fields.
const COPY_START = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
const COPY_END = -1;

/**
 * Rows of the same columns, many in one statement whose text never changes. In binary: pg's own way, text with each item escaped, costs the
 * worker and the server half as much again.
 */
export class RowSet<Row> {
  /** The columns' names, for INSERT and COPY. */
  readonly names: string;

  constructor(private readonly columns: readonly Column<Row>[]) {
    this.names = columns.map(({ name }) => name).join(', ');
  }

  get width(): number {
    return this.columns.length;
  }

  /** The rows as a table, for a FROM. `first` is the number of the statement's parameter that they begin with. */
  unnest(alias: string, first = 1): string {
    const arrays = this.columns.map(({ type }, at) => `$${first + at}::${type}[]`);
    return `unnest(${arrays.join(', ')}) AS ${alias} (${this.names})`;
  }

  /** The parameters of `unnest`: an array for each column (array_recv in PostgreSQL's arrayfuncs.c). */
  parameters(rows: readonly Row[]): Buffer[] {
    return this.columns.map(({ type, of }) => {
      const writer = new BinaryWriter();
      for (const value of [1, 1, OIDS[type], rows.length, 1]) writer.int32(value);
      for (const row of rows) writer.field(type, of(row));
      return writer.taken();
    });
  }

  /** The rows as COPY takes them. */
  copied(rows: readonly Row[]): Buffer {
    const writer = new BinaryWriter().raw(COPY_START);
    for (const row of rows) {
      writer.int16(this.columns.length);
      for (const { type, of } of this.columns) writer.field(type, of(row));
    }
    return writer.int16(COPY_END).taken();
  }
}
