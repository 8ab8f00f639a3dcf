import { OPERATOR_TOKEN } from '@hookwright/local';
import { nowMs } from '../../clock.ts';
import { ApiPool } from '../../system/api.ts';
import { SCOPE } from '../../system/provisioning.ts';
import { Every } from './every.ts';
import { InstallInbox } from './install-inbox.ts';

/** One call of the API. Status 0: no answer came. */
export interface ApiCall {
  readonly kind: 'read' | 'write';
  readonly atMs: number;
  readonly tookMs: number;
  readonly status: number;
  /** Of a write: the merchant whose installation it made. */
  readonly merchant: string;
}

/** Of the demo partner, whom the development profile seeds. */
const DEMO_KEY = 'hw_live_demo';
// Five reads and two writes a second: enough to see a gap of a second, and nothing for two cores.
const READ_EVERY_MS = 200;
const WRITE_EVERY_MS = 500;
/** Far beyond any promise: a call that takes so long hangs. */
const PATIENCE_MS = 15_000;

/** Someone who uses the API all the time: reads an app, installs it at a new merchant each time, and remembers the answers. */
export class ApiUser {
  readonly #apiUrl: string;
  readonly #inbox: InstallInbox;
  readonly #appId: string;
  readonly #calls: ApiCall[] = [];
  readonly #turns: readonly Every[];

  private constructor({ apiUrl, inbox, appId }: { apiUrl: string; inbox: InstallInbox; appId: string }) {
    this.#apiUrl = apiUrl;
    this.#inbox = inbox;
    this.#appId = appId;
    this.#turns = [new Every(READ_EVERY_MS, () => this.#read()), new Every(WRITE_EVERY_MS, (turn) => this.#write(`mer_api_${turn}`))];
  }

  /** Makes its app, which wants lifecycle events, and begins. */
  static async start(apiUrl: string): Promise<ApiUser> {
    const inbox = await InstallInbox.start();
    const api = new ApiPool(apiUrl, 1);
    const { id } = await api.as(DEMO_KEY).call('POST', '/v1/apps', {
      name: 'Lifecycle',
      permissions: [{ id: 'orders', title: 'See orders', scopes: [SCOPE], optional: false }],
      webhook: { url: inbox.url, event_sources: ['partner_app'], enabled_events: ['partner_app.install.*'] },
    });
    await api.close();
    return new ApiUser({ apiUrl, inbox, appId: id as string });
  }

  /** Calls nothing more; events of what was written may still come. */
  async rest(): Promise<void> {
    await Promise.all(this.#turns.map((turn) => turn.stop()));
  }

  async stop(): Promise<void> {
    await this.rest();
    await this.#inbox.stop();
  }

  /** Every call that was answered or given up, of one kind. */
  calls(kind: ApiCall['kind']): readonly ApiCall[] {
    return this.#calls.filter((call) => call.kind === kind);
  }

  /** How many calls of the kind were answered 2xx. */
  successes(kind: ApiCall['kind']): number {
    return this.calls(kind).filter(({ status }) => isSuccess(status)).length;
  }

  /** Writes that were answered 2xx and whose event never came. */
  get lostWrites(): number {
    return this.calls('write').filter(({ status, merchant }) => isSuccess(status) && !this.#inbox.knows(merchant)).length;
  }

  #read(): Promise<void> {
    return this.#call({ kind: 'read', merchant: '', path: `/v1/apps/${this.#appId}`, token: DEMO_KEY });
  }

  #write(merchant: string): Promise<void> {
    const body = JSON.stringify({ app_id: this.#appId, merchant_id: merchant, scopes: [SCOPE] });
    return this.#call({ kind: 'write', merchant, path: '/v1/operator/installations', token: OPERATOR_TOKEN, body });
  }

  async #call({ kind, merchant, path, token, body }: CallWish): Promise<void> {
    const atMs = nowMs();
    const status = await fetch(`${this.#apiUrl}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      signal: AbortSignal.timeout(PATIENCE_MS),
      ...(body === undefined ? {} : { body }),
    }).then(
      async (response) => {
        await response.arrayBuffer();
        return response.status;
      },
      () => 0,
    );
    this.#calls.push({ kind, merchant, atMs, tookMs: nowMs() - atMs, status });
  }
}

interface CallWish extends Pick<ApiCall, 'kind' | 'merchant'> {
  readonly path: string;
  readonly token: string;
  readonly body?: string;
}

export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}
