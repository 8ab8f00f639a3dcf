import { type EndpointSnapshot, EventSource, type Mode } from '@hookwright/contracts';
import type { AppIndex } from './app-index.ts';
import { compileEnabledEvents, type EnabledEvents } from './enabled-events.ts';

/** What the send rule asks of an endpoint. Its status is none of it: the delivery service parks or suppresses. */
export interface Endpoint {
  readonly mode: Mode;
  readonly takesAppEvents: boolean;
  readonly takesMerchantEvents: boolean;
  readonly enabledEvents: EnabledEvents;
}

/** The endpoints by app, from registry.endpoints. An app without an endpoint is not in it. */
export class EndpointTable {
  private readonly endpoints: (Endpoint | undefined)[] = [];
  private count = 0;

  constructor(private readonly apps: AppIndex) {}

  /** How many apps have an endpoint. */
  get size(): number {
    return this.count;
  }

  put(snapshot: EndpointSnapshot): void {
    const app = this.apps.numberOf(snapshot.appId);
    if (this.endpoints[app] === undefined) this.count++;
    while (this.endpoints.length < app) this.endpoints.push(undefined);
    this.endpoints[app] = compile(snapshot);
  }

  remove(appId: string): void {
    const app = this.apps.find(appId);
    if (app === undefined || this.endpoints[app] === undefined) return;
    this.endpoints[app] = undefined;
    this.count--;
  }

  /** By the app's number. */
  at(app: number): Endpoint | undefined {
    return this.endpoints[app];
  }

  of(appId: string): Endpoint | undefined {
    const app = this.apps.find(appId);
    return app === undefined ? undefined : this.endpoints[app];
  }
}

function compile({ mode, eventSources, enabledEvents }: EndpointSnapshot): Endpoint {
  return {
    mode,
    takesAppEvents: eventSources.includes(EventSource.PARTNER_APP),
    takesMerchantEvents: eventSources.includes(EventSource.INSTALLED_MERCHANTS),
    enabledEvents: compileEnabledEvents(enabledEvents),
  };
}
