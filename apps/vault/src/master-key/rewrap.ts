import { waited } from '@hookwright/kafka';
import type { Logger } from '@hookwright/runtime';
import { DecryptError } from '../encryption/decrypt-error.ts';
import type { Envelope } from '../encryption/envelope.ts';
import type { KeyProvider } from '../encryption/key-provider.ts';
import { rewrapFailures, secretsByMasterKey } from './metrics.ts';
import { isOutdated } from './outdated.ts';
import { pageSize, restAfter } from './pace.ts';
import type { KeyCount, Replaced, Rewrapped, WrappedKeysRepository, WrappedRow } from './wrapped-keys.repository.ts';

export interface RewrapParts {
  readonly wrappedKeys: WrappedKeysRepository;
  readonly keys: KeyProvider;
  readonly envelope: Envelope;
  readonly logger: Logger;
  /** Rows a second of this replica, at most. */
  readonly perSecond: number;
}

/** One master key's rows on their way to the current one. */
interface Progress {
  readonly from: string;
  readonly to: string;
  readonly secrets: number;
  done: number;
  toldAtMs: number;
  /** Ids of secrets that did not open. */
  readonly faults: string[];
}

// Also how old the gauge may be, and how long a rotation within a key management service goes unnoticed.
const LOOK_EVERY_MS = 60_000;
const TELL_EVERY_MS = 10_000;
// Of those that did not open: enough to look into, and no flood if it is all of them.
const NAMED = 20;

/**
 * Wraps anew, in the background, what the current master key has not wrapped: a page at a time and at a bounded rate, while secrets are
 * made, rotated, read and erased. What is left to do is in the rows themselves, so that a process that dies loses nothing: the next look,
 * of whichever replica, goes on. A row is readable throughout, with the old key before and the new one after.
 */
export class Rewrap {
  private readonly stopping = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;

  constructor(private readonly parts: RewrapParts) {}

  start(): void {
    this.timer = setInterval(() => this.tick(), LOOK_EVERY_MS);
    this.tick();
  }

  /** Finishes the page in work; the rest is for the next look. */
  async stop(): Promise<void> {
    this.stopping.abort();
    clearInterval(this.timer);
    await this.running;
  }

  /** Goes on until a look finds nothing more that it can do. Rejects while PostgreSQL or the key management service is away. */
  async run(): Promise<void> {
    while ((await this.look()) > 0 && !this.stopping.signal.aborted);
  }

  /** How many rows it has replaced. */
  private async look(): Promise<number> {
    const { keys, wrappedKeys } = this.parts;
    const to = await keys.currentKeyId();
    const counts = await wrappedKeys.count();
    secretsByMasterKey.reset();
    for (const { keyId, secrets } of counts) secretsByMasterKey.set({ key_id: keyId }, secrets);
    let replaced = 0;
    for (const old of counts.filter(({ keyId }) => isOutdated(keyId, to))) replaced += await this.replaceAll(old, to);
    return replaced;
  }

  private async replaceAll({ keyId: from, secrets }: KeyCount, to: string): Promise<number> {
    const { keys, logger } = this.parts;
    if (!keys.owns(from)) {
      logger.error({ key_id: from, secrets }, 'rewrap.unknown_key');
      return 0;
    }
    const progress: Progress = { from, to, secrets, done: 0, toldAtMs: performance.now(), faults: [] };
    let afterId: string | undefined = '';
    while (afterId !== undefined) afterId = await this.replacePage(progress, afterId);
    if (progress.done > 0) logger.info(shown(progress), 'rewrap.done');
    const { faults } = progress;
    if (faults.length > 0) logger.error({ key_id: from, count: faults.length, secret_ids: faults.slice(0, NAMED) }, 'rewrap.not_opened');
    return progress.done;
  }

  /** The last id of the page; undefined when there is no further page for this replica. */
  private async replacePage(progress: Progress, afterId: string): Promise<string | undefined> {
    const { wrappedKeys, perSecond } = this.parts;
    const beganMs = performance.now();
    const page = { keyId: progress.from, afterId, limit: pageSize(perSecond) };
    const replaced = await wrappedKeys.replacePage(page, (rows) => this.rewrapRows(progress, rows));
    if (replaced === undefined) return undefined;
    this.note(progress, replaced);
    const restMs = restAfter({ rows: replaced.rows, tookMs: performance.now() - beganMs }, perSecond);
    return (await waited(restMs, this.stopping.signal)) ? replaced.lastId : undefined;
  }

  /** Those that opened and have another key now. */
  private async rewrapRows(progress: Progress, rows: readonly WrappedRow[]): Promise<Rewrapped[]> {
    const rewrapped = await Promise.all(rows.map((row) => this.rewrapRow(progress, row)));
    return rewrapped.filter((row) => row !== null).filter(({ sealed }) => sealed.keyId !== progress.from);
  }

  private async rewrapRow({ from, faults }: Progress, { id, app_id: appId, wrapped_key: bytes }: WrappedRow): Promise<Rewrapped | null> {
    try {
      const wrappedKey = new Uint8Array(bytes);
      return { id, sealed: await this.parts.envelope.rewrap({ wrappedKey, keyId: from }, { appId, secretId: id }) };
    } catch (error) {
      if (!(error instanceof DecryptError)) throw error;
      // It stays as it is; when it is read it fails by the same reason (secrets/signing-secrets.service.ts).
      rewrapFailures.inc({ reason: error.failure });
      faults.push(id);
      return null;
    }
  }

  private note(progress: Progress, { replaced }: Replaced): void {
    progress.done += replaced;
    secretsByMasterKey.dec({ key_id: progress.from }, replaced);
    secretsByMasterKey.inc({ key_id: progress.to }, replaced);
    if (performance.now() - progress.toldAtMs < TELL_EVERY_MS) return;
    progress.toldAtMs = performance.now();
    this.parts.logger.info(shown(progress), 'rewrap.progress');
  }

  private tick(): void {
    this.running ??= this.run()
      .catch((error: unknown) => this.parts.logger.warn({ err: error }, 'rewrap.waiting'))
      .finally(() => (this.running = undefined));
  }
}

function shown({ from, to, secrets, done }: Progress): Record<string, unknown> {
  return { from, to, done, left: Math.max(0, secrets - done) };
}
