import { fromBinary } from '@bufbuild/protobuf';
import { type EndpointSnapshot, EndpointSnapshotSchema } from '@hookwright/contracts';

/** Told of every change of an endpoint; undefined: there is none. */
export type EndpointListener = (appId: string, endpoint: EndpointSnapshot | undefined, previous: EndpointSnapshot | undefined) => void;

// Those that something was sent to lately: 700 bytes each.
const MOST_READ = 10_000;

/**
 * Every app's endpoint as the registry last announced it (topic registry.endpoints), in memory. Most of them rest: they are kept as the
 * message's bytes, in a string, because that is the smallest thing there is in V8: 30 MB for 100,000, where as objects they take 77 MB.
 */
export class EndpointTable {
  private readonly snapshots = new Map<string, string>();
  /** The read ones, the oldest first. */
  private readonly read = new Map<string, EndpointSnapshot>();
  /** App → revision that answered 410. */
  private readonly gone = new Map<string, bigint>();
  private listener: EndpointListener = () => undefined;

  onChange(listener: EndpointListener): void {
    this.listener = listener;
  }

  /** Takes one message of the topic; null: the app has no endpoint (any more). A message that cannot be read changes nothing. */
  apply(appId: string, value: Buffer | null): void {
    const previous = this.of(appId);
    this.read.delete(appId);
    if (value === null) {
      this.snapshots.delete(appId);
      this.gone.delete(appId);
      this.listener(appId, undefined, previous);
      return;
    }
    const endpoint = fromBinary(EndpointSnapshotSchema, value);
    this.snapshots.set(appId, value.toString('latin1'));
    const goneRevision = this.gone.get(appId);
    if (goneRevision !== undefined && endpoint.revision > goneRevision) this.gone.delete(appId);
    this.listener(appId, endpoint, previous);
  }

  of(appId: string): EndpointSnapshot | undefined {
    return this.read.get(appId) ?? this.readOf(appId);
  }

  /** Remembers a 410, until the registry's answer to it arrives. True for the first of a revision. */
  markGone({ appId, revision }: EndpointSnapshot): boolean {
    if (this.isGone(appId)) return false;
    if ((this.of(appId)?.revision ?? 0n) > revision) return false;
    this.gone.set(appId, revision);
    return true;
  }

  isGone(appId: string): boolean {
    return this.gone.has(appId);
  }

  get size(): number {
    return this.snapshots.size;
  }

  private readOf(appId: string): EndpointSnapshot | undefined {
    const bytes = this.snapshots.get(appId);
    if (bytes === undefined) return undefined;
    const endpoint = fromBinary(EndpointSnapshotSchema, Buffer.from(bytes, 'latin1'));
    if (this.read.size >= MOST_READ) this.read.delete(this.read.keys().next().value ?? '');
    this.read.set(appId, endpoint);
    return endpoint;
  }
}
