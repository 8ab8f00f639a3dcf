/** One request of a keep-alive connection, cut out of its bytes. */
export interface RawRequest {
  readonly path: string;
  /** Request line and headers as they came. */
  readonly head: Buffer;
  readonly body: Buffer;
}

const HEAD_END = Buffer.from('\r\n\r\n');
const MAX_HEAD_BYTES = 65_536;

/**
 * Cuts requests out of a connection's bytes. A tenth of node:http's cost, which would be taken from the two cores that are measured;
 * so it knows only what webhooks have: a content-length and no chunks. Anything else throws.
 */
export class RequestReader {
  #rest: Buffer | undefined;

  /** The requests that are complete now, oldest first. */
  push(chunk: Buffer): readonly RawRequest[] {
    let bytes = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk]);
    const requests: RawRequest[] = [];
    for (;;) {
      const length = requestLength(bytes);
      if (length === undefined || bytes.length < length.total) break;
      const head = bytes.subarray(0, length.head);
      const body = bytes.subarray(length.head + HEAD_END.length, length.total);
      requests.push({ path: pathOf(head), head, body });
      bytes = bytes.subarray(length.total);
    }
    this.#rest = bytes.length === 0 ? undefined : bytes;
    return requests;
  }
}

/** Value of a header, its name in lower case; undefined when it is not there. */
export function headerOf(head: Buffer, name: string): string | undefined {
  const at = head.indexOf(`\r\n${name}: `, 0, 'latin1');
  if (at < 0) return undefined;
  const from = at + name.length + 4;
  const end = head.indexOf('\r\n', from, 'latin1');
  return head.toString('latin1', from, end < 0 ? head.length : end);
}

/** All headers, names in lower case. */
export function headersOf(head: Buffer): Record<string, string> {
  const lines = head.toString('latin1').split('\r\n').slice(1);
  return Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
}

function requestLength(bytes: Buffer): { readonly head: number; readonly total: number } | undefined {
  const head = bytes.indexOf(HEAD_END);
  if (head < 0) {
    if (bytes.length > MAX_HEAD_BYTES) throw new Error('a head without an end');
    return undefined;
  }
  const length = Number(headerOf(bytes.subarray(0, head), 'content-length') ?? 'none');
  if (!Number.isInteger(length)) throw new Error('a request without content-length');
  return { head, total: head + HEAD_END.length + length };
}

function pathOf(head: Buffer): string {
  const from = head.indexOf(' ', 0, 'latin1') + 1;
  return head.toString('latin1', from, head.indexOf(' ', from, 'latin1'));
}
