const MAX_SESSIONS = 2000;

/** TLS sessions to resume, by host and port: a resumed handshake needs no certificate check and one signature less on both sides. */
export class TlsSessions {
  readonly #sessions = new Map<string, Buffer>();

  /** The part of the tls.connect() options that resumes the last session with this peer, if any. */
  optionFor(key: string): { session?: Buffer } {
    const session = this.#sessions.get(key);
    return session === undefined ? {} : { session };
  }

  keep(key: string, session: Buffer): void {
    this.#sessions.delete(key);
    this.#sessions.set(key, session);
    if (this.#sessions.size > MAX_SESSIONS) this.#dropOldest();
  }

  #dropOldest(): void {
    const oldest = this.#sessions.keys().next();
    if (!oldest.done) this.#sessions.delete(oldest.value);
  }
}
