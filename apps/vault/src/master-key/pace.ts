/** Rows of one page: few enough to be done within a second or two by a key management service that is asked for each row. */
const PAGE = 50;

export interface PageDone {
  readonly rows: number;
  readonly tookMs: number;
}

/** How many rows to take at once so that no second has more than `perSecond`. */
export function pageSize(perSecond: number): number {
  return Math.min(PAGE, perSecond);
}

/** How long to rest after a page, in ms, so that there are `perSecond` rows in a second and no more. */
export function restAfter({ rows, tookMs }: PageDone, perSecond: number): number {
  return Math.max(0, (rows * 1000) / perSecond - tookMs);
}
