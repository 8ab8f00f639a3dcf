import type { Socket } from 'node:net';
import { nowMs } from '../clock.ts';
import type { ExchangeEnd, HostileRequest } from './journal.ts';

/** One request and what a behaviour does about it. */
export class Exchange {
  readonly params: URLSearchParams;
  readonly #endings: (() => void)[] = [];

  readonly socket: Socket;
  readonly request: HostileRequest;
  readonly #next: () => void;

  constructor(socket: Socket, request: HostileRequest, next: () => void) {
    this.socket = socket;
    this.request = request;
    this.#next = next;
    this.params = new URL(request.path, 'http://hostile').searchParams;
  }

  get isOver(): boolean {
    return this.request.end !== null;
  }

  /** A number of the query. */
  number(name: string, fallback: number): number {
    const text = this.params.get(name);
    return text === null ? fallback : Number(text);
  }

  /** Writes what is no complete answer. `written` is called when the kernel has taken it; never after the exchange is over. */
  send(bytes: Buffer | string, written: () => void = () => undefined): void {
    if (this.isOver) return;
    this.socket.write(bytes, (error) => {
      if (error) return;
      this.request.sentBytes += Buffer.byteLength(bytes);
      if (!this.isOver) written();
    });
  }

  /** Writes a complete answer; the connection takes its next request. */
  answer(statusCode: number, bytes: Buffer | string): void {
    if (this.isOver) return;
    this.request.statusCode = statusCode;
    this.send(bytes);
    this.end('answered');
    this.#next();
  }

  /** Repeats until the exchange is over. */
  every(intervalMs: number, act: () => void): void {
    const timer = setInterval(act, intervalMs);
    this.#endings.push(() => clearInterval(timer));
  }

  /** Once, unless the exchange is over by then. */
  after(ms: number, act: () => void): void {
    const timer = setTimeout(act, ms);
    this.#endings.push(() => clearTimeout(timer));
  }

  /** This side ends the connection. */
  closeHere(close: (socket: Socket) => void): void {
    this.end('closed_here');
    close(this.socket);
  }

  end(how: ExchangeEnd): void {
    if (this.isOver) return;
    this.request.end = how;
    this.request.endedAtMs = nowMs();
    for (const ending of this.#endings) ending();
  }
}
