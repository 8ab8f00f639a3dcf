/**
 * Rows as one array for each column, for `unnest`: one statement for hundreds of rows, whose text never changes, so that it is prepared once.
 */
export function columnsOf<Row, Columns extends readonly unknown[]>(
  rows: readonly Row[],
  values: (row: Row) => readonly [...Columns],
): { [Index in keyof Columns]: Columns[Index][] } {
  const [first] = rows;
  const columns = (first === undefined ? [] : values(first)).map((): unknown[] => []);
  for (const row of rows) {
    const cells = values(row);
    for (let at = 0; at < columns.length; at++) columns[at]?.push(cells[at]);
  }
  return columns as { [Index in keyof Columns]: Columns[Index][] };
}
