import { fromBinary } from '@bufbuild/protobuf';
import { type EndpointSnapshot, EndpointSnapshotSchema } from '@hookwright/contracts';

/** Told of every change of an endpoint; undefined: there is none. */
export type EndpointListener = (appId: string, endpoint: EndpointSnapshot | undefined, previous: EndpointSnapshot | undefined) => void;

/** Every app's endpoint as the registry last announced it (topic registry.endpoints), in memory. */
export class EndpointTable {
  private readonly endpoints = new Map<string, EndpointSnapshot>();
  /** App → revision that answered 410. */
  private readonly gone = new Map<string, bigint>();
  private listener: EndpointListener = () => undefined;

  onChange(listener: EndpointListener): void {
    this.listener = listener;
  }

  /** Takes one message of the topic; null: the app has no endpoint (any more). A message that cannot be read changes nothing. */
  apply(appId: string, value: Buffer | null): void {
    const previous = this.endpoints.get(appId);
    if (value === null) {
      this.endpoints.delete(appId);
      this.gone.delete(appId);
      this.listener(appId, undefined, previous);
      return;
    }
    const endpoint = fromBinary(EndpointSnapshotSchema, value);
    this.endpoints.set(appId, endpoint);
    const goneRevision = this.gone.get(appId);
    if (goneRevision !== undefined && endpoint.revision > goneRevision) this.gone.delete(appId);
    this.listener(appId, endpoint, previous);
  }

  of(appId: string): EndpointSnapshot | undefined {
    return this.endpoints.get(appId);
  }

  /** Remembers a 410, until the registry's answer to it arrives. True for the first of a revision. */
  markGone({ appId, revision }: EndpointSnapshot): boolean {
    if (this.isGone(appId)) return false;
    if ((this.endpoints.get(appId)?.revision ?? 0n) > revision) return false;
    this.gone.set(appId, revision);
    return true;
  }

  isGone(appId: string): boolean {
    return this.gone.has(appId);
  }

  get size(): number {
    return this.endpoints.size;
  }
}
