import type { Socket } from 'node:net';
import { nowMs } from '../clock.ts';
import { MAX_CONCURRENCY } from '../max-concurrency.ts';
import { establishedAt } from './connection-table.ts';

/** How a request's exchange ended: by a complete answer, by the sender hanging up, or by this side. */
export type ExchangeEnd = 'answered' | 'hung_up' | 'closed_here';

/** One request as the hostile receiver saw it. Times are wall-clock ms (clock.ts). */
export interface HostileRequest {
  /** With its query. */
  readonly path: string;
  /** Which listener took it, and at which address. */
  readonly listener: string;
  readonly host: string;
  readonly connection: number;
  readonly appId: string;
  readonly webhookId: string;
  readonly deliveryId: string;
  readonly attempt: number;
  readonly atMs: number;
  /** Of the last answer's status line that was sent on purpose; 0 when there is none. */
  statusCode: number;
  /** Bytes of the answer that were sent, its head included; large bodies are counted to within 80 KiB (behaviours/large.ts). */
  sentBytes: number;
  end: ExchangeEnd | null;
  endedAtMs: number | null;
}

/** Connections to one listener at one address, which is one app's alone where the row says so. */
export interface Sockets {
  readonly listener: string;
  readonly host: string;
  open: number;
  peakOpen: number;
  accepted: number;
  /** Opened and closed times of those that never carried a request, newest last; bounded. */
  readonly silent: { readonly openedAtMs: number; readonly closedAtMs: number }[];
}

export interface JournalPage {
  readonly requests: readonly HostileRequest[];
  readonly sockets: readonly Sockets[];
  /** Requests that came when the journal was full. */
  readonly dropped: number;
}

// 250 bytes each: a row sends 100,000 deliveries with some failures each.
const MOST_REQUESTS = 400_000;
const MOST_SILENT = 10_000;

/** What happened, for the rows to judge. */
export class Journal {
  #requests: HostileRequest[] = [];
  #dropped = 0;
  readonly #sockets = new Map<string, Sockets>();

  begin(request: HostileRequest): void {
    if (this.#requests.length < MOST_REQUESTS) this.#requests.push(request);
    else this.#dropped++;
  }

  opened(listener: string, { localAddress: host = '', localPort: port = 0 }: Socket): void {
    const sockets = this.#of(listener, host);
    sockets.accepted++;
    sockets.open++;
    if (sockets.open > sockets.peakOpen) sockets.peakOpen = Math.max(sockets.peakOpen, peakNow(sockets, port));
  }

  closed(listener: string, host: string): void {
    this.#of(listener, host).open--;
  }

  /** A connection ended that never carried a request. */
  silent(listener: string, host: string, openedAtMs: number): void {
    const { silent } = this.#of(listener, host);
    if (silent.length < MOST_SILENT) silent.push({ openedAtMs, closedAtMs: nowMs() });
  }

  /** Requests whose path begins so, and all sockets. */
  page(pathPrefix: string): JournalPage {
    const requests = this.#requests.filter(({ path }) => path.startsWith(pathPrefix));
    return { requests, sockets: [...this.#sockets.values()], dropped: this.#dropped };
  }

  /** Forgets requests; open sockets stay counted, peaks begin anew. */
  reset(): void {
    this.#requests = [];
    this.#dropped = 0;
    for (const sockets of this.#sockets.values()) {
      sockets.peakOpen = sockets.open;
      sockets.accepted = 0;
      sockets.silent.length = 0;
    }
  }

  #of(listener: string, host: string): Sockets {
    const key = `${listener} ${host}`;
    const known = this.#sockets.get(key);
    if (known !== undefined) return known;
    const sockets = { listener, host, open: 0, peakOpen: 0, accepted: 0, silent: [] };
    this.#sockets.set(key, sockets);
    return sockets;
  }
}

/**
 * Asks the kernel only of more than an endpoint may have: its table is that of the whole machine, and nobody is answered for the 20 to 40 ms
 * that it takes.
 */
function peakNow({ open, host }: Sockets, port: number): number {
  return open <= MAX_CONCURRENCY ? open : Math.min(open, establishedAt(host, port) ?? open);
}
