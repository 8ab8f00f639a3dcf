/** The head of an HTTP/1.1 request. */
export interface RequestHead {
  /** With its query. */
  readonly path: string;
  /** Names in lower case; of repeated ones the last. */
  readonly headers: ReadonlyMap<string, string>;
  readonly contentLength: number;
  /** Bytes of the head, its empty line included. */
  readonly length: number;
}

const END_OF_HEAD = '\r\n\r\n';

/** The head at the start of the bytes, or undefined while it is not complete. */
export function readRequestHead(bytes: Buffer): RequestHead | undefined {
  const end = bytes.indexOf(END_OF_HEAD);
  if (end === -1) return undefined;
  const [requestLine = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n');
  const headers = new Map(lines.map(splitHeader));
  return {
    path: requestLine.split(' ')[1] ?? '',
    headers,
    contentLength: Number(headers.get('content-length') ?? 0),
    length: end + END_OF_HEAD.length,
  };
}

function splitHeader(line: string): [name: string, value: string] {
  const colon = line.indexOf(':');
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
}
