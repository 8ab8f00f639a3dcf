import type { CustomFetch } from 'openid-client';

/** Nobody answered, or only that it cannot: trying again may help. */
export class IssuerAway extends Error {
  override readonly name = 'IssuerAway';
}

// Metadata and key sets have some KB, a token answer with many claims some more.
export const MAX_ANSWER_BYTES = 256 * 1024;

/**
 * fetch, as openid-client asks the host platform's issuer. The addresses are the operator's or the issuer's own and may be any; what comes
 * from there is read whole, within the time of the signal and 256 KiB as unpacked. Rejects with `IssuerAway` when there is no answer, or a
 * 5xx.
 */
export const boundedFetch: CustomFetch = async (url, options) => {
  const place = placeOf(url);
  const answer = await reached(place, fetch(url, options as RequestInit));
  if (answer.status >= 500) {
    await answer.body?.cancel();
    throw new IssuerAway(`${place} answered ${answer.status}`);
  }
  const body = await reached(place, readAtMost(answer, MAX_ANSWER_BYTES));
  if (body === undefined) throw new Error(`${place} answered with more than ${MAX_ANSWER_BYTES} bytes`);
  // Some statuses allow no body at all, not even an empty one.
  return new Response(body.length === 0 ? null : body, answer);
};

async function reached<Part>(place: string, part: Promise<Part>): Promise<Part> {
  try {
    return await part;
  } catch (error) {
    throw new IssuerAway(`${place} did not answer`, { cause: error });
  }
}

/** Undefined when it is longer. Leaving the loop ends the connection. */
async function readAtMost({ body }: Response, maxBytes: number): Promise<Buffer<ArrayBuffer> | undefined> {
  if (body === null) return Buffer.alloc(0);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Without the query: it goes into the log. */
function placeOf(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}
