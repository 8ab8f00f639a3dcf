import { nowMs } from '../../clock.ts';

/** One request to the gateway, as a caller of any kind makes it. */
export interface Question {
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  /** Sent as a bearer token. */
  readonly token?: string;
  readonly json?: unknown;
  readonly form?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Status 0: no answer came. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly askedMs: number;
  readonly answeredMs: number;
}

/** Far beyond any promise: a call that takes so long hangs. */
const PATIENCE_MS = 15_000;

/** Asks once and tells whatever was answered; redirects are not followed. Never rejects. */
export async function ask(apiUrl: string, { method = 'GET', path, token, json, form, headers = {} }: Question): Promise<Answer> {
  const askedMs = nowMs();
  const body = form === undefined ? (json === undefined ? undefined : JSON.stringify(json)) : new URLSearchParams(form);
  try {
    const response = await fetch(`${apiUrl}${path}`, {
      method,
      redirect: 'manual',
      signal: AbortSignal.timeout(PATIENCE_MS),
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(json === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: parsed(text), askedMs, answeredMs: nowMs() };
  } catch {
    return { status: 0, headers: new Headers(), text: '', body: {}, askedMs, answeredMs: nowMs() };
  }
}

/** HTTP Basic, as OAuth clients authenticate themselves. */
export function basic(clientId: string, secret: string): Record<string, string> {
  return { authorization: `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}` };
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
