import { type EndpointSnapshot, EventSource, isChosen } from '@hookwright/contracts';
import type { SendRequest, SendResult } from '@hookwright/egress';
import type { Verdict } from '../breakers/breaker-state.ts';
import type { Breakers } from '../breakers/breakers.ts';
import { type Admission, admit } from '../endpoints/admission.ts';
import type { EndpointTable } from '../endpoints/endpoint-table.ts';
import type { EndedInstallations, InstallationEnd } from '../endpoints/ended-installations.ts';
import { styleOf } from '../expansion/expand.ts';
import type { Delivery } from '../expansion/delivery.ts';
import type { DeliveryRecord } from '../log/delivery-record.ts';
import type { SecretCache, SigningKey } from '../secrets/secret-cache.ts';
import { recordOfAttempt } from './attempt-record.ts';
import { outcomeOf } from './outcome.ts';
import { signedRequest } from './signed-request.ts';
import { settledRecord } from './settled-record.ts';

export interface DeliverOptions {
  readonly endpoints: EndpointTable;
  readonly installations: EndedInstallations;
  readonly secrets: SecretCache;
  readonly breakers: Breakers;
  readonly send: (request: SendRequest) => Promise<SendResult>;
  /** The pauses between attempts in seconds. */
  readonly schedule: readonly number[];
  /** Whether the delivery is still this worker's to make. */
  readonly isOurs: (id: string) => boolean;
  /** The first 410 of an endpoint's revision. */
  readonly onGone: (endpoint: EndpointSnapshot) => void;
  readonly clock?: () => number;
}

/** Everything one request needs. */
interface Ready {
  readonly delivery: Delivery;
  readonly endpoint: EndpointSnapshot;
  readonly keys: readonly SigningKey[];
}

/** Makes deliveries, one attempt at a time. */
export class Deliverer {
  private readonly clock: () => number;

  constructor(private readonly options: DeliverOptions) {
    this.clock = options.clock ?? Date.now;
  }

  /** What may be done with a delivery, by what the tables say at this moment. */
  admission({ appId, installationId, generation, source, waitedMs }: Delivery): Admission {
    const { endpoints, installations, breakers } = this.options;
    const { event } = source;
    const endpoint = endpoints.of(appId);
    return admit({
      endpoint,
      isGone: endpoints.isGone(appId),
      isChosen: event.mandatory || (endpoint !== undefined && isChosen(endpoint, event)),
      installationEnd: endFor(event, installations.endOf(installationId, generation)),
      waitedMs,
      isBreakerOpen: breakers.isOpen(appId),
    });
  }

  /**
   * One attempt: checks once more, signs, sends, decides; begins anew when something changed before the request went out. Returns what is to
   * be recorded, or undefined when the delivery is another worker's by now. Nothing is sent, and no attempt is burnt, while the secrets
   * cannot be had, the breaker is open or the egress proxy is away.
   */
  async deliver(delivery: Delivery): Promise<DeliveryRecord | undefined> {
    const { secrets, breakers } = this.options;
    if (secrets.at(delivery.appId) === undefined) await secrets.load(delivery.appId);
    const gate = breakers.gate(delivery.appId);
    if (gate !== undefined && !(await gate)) return settledRecord(delivery, { kind: 'park', reason: 'breaker_open' });
    // From here to the request nothing waits: what was checked is what counts.
    if (!this.options.isOurs(delivery.id)) return undefined;
    const admission = this.admission(delivery);
    if (admission.kind !== 'deliver') return settledRecord(delivery, admission);
    const { endpoint } = admission;
    const keys = secrets.at(delivery.appId);
    if (keys === undefined) return settledRecord(delivery, { kind: 'park', reason: 'secrets_away' });
    return await this.attempt({ delivery, endpoint, keys });
  }

  private async attempt({ delivery: unstyled, endpoint, keys }: Ready): Promise<DeliveryRecord | undefined> {
    const style = unstyled.style ?? styleOf(endpoint);
    const delivery = unstyled.style === undefined ? { ...unstyled, style } : unstyled;
    const number = delivery.attemptCount + 1;
    const startedAtMs = this.clock();
    const signed = signedRequest({ delivery, style, endpoint, keys, attemptNumber: number, nowMs: startedAtMs });
    const request = { ...signed, mayBegin: () => this.isUnchanged({ delivery: unstyled, endpoint, keys }) };
    const result = await this.options.breakers.through(delivery.appId, () => this.options.send(request), verdictOf);
    if (result === undefined) return settledRecord(delivery, { kind: 'park', reason: 'breaker_open' });
    if (result.kind === 'withdrawn') return await this.deliver(unstyled);
    if (result.kind === 'unsent') return settledRecord(delivery, { kind: 'park', reason: 'egress_away' });
    const outcome = outcomeOf(result, this.clock());
    if (outcome.kind === 'gone' && this.options.endpoints.markGone(endpoint)) this.options.onGone(endpoint);
    const made = { number, url: endpoint.url, startedAtMs, signedWith: keys.map(({ id }) => id), result, outcome };
    return recordOfAttempt(delivery, made, { schedule: this.options.schedule, random: Math.random() });
  }

  /** Whether what was checked still holds: a connection may take seconds to open. Nor may a secret sign that ended meanwhile. */
  private isUnchanged({ delivery, endpoint: { revision }, keys }: Ready): boolean {
    const { isOurs, endpoints, secrets } = this.options;
    const admission = this.admission(delivery);
    // A breaker that is open is no change: this may be its probe.
    const isAdmitted = admission.kind === 'deliver' || (admission.kind === 'park' && admission.reason === 'breaker_open');
    const isSame = isAdmitted && isOurs(delivery.id) && endpoints.of(delivery.appId)?.revision === revision;
    return isSame && areSame(keys, secrets.at(delivery.appId));
  }
}

/** Whether the same secrets sign, in the same order; undefined: they were dropped, or are too old. */
function areSame(keys: readonly SigningKey[], now: readonly SigningKey[] | undefined): boolean {
  return keys === now || (keys.length === now?.length && keys.every(({ id }, at) => id === now[at]?.id));
}

/** A suspension holds the merchant's events back. After a revoke nothing is sent but what no app can switch off. */
function endFor({ source, mandatory }: Delivery['source']['event'], end: InstallationEnd | undefined): InstallationEnd | undefined {
  if (source === EventSource.INSTALLED_MERCHANTS) return end;
  return mandatory || end === 'installation_suspended' ? undefined : end;
}

/** What counts against an endpoint's health: all but a success and a clear "no more". */
function verdictOf(result: SendResult): Verdict {
  if (result.kind === 'unsent' || result.kind === 'withdrawn') return 'unknown';
  if (result.kind === 'error') return result.category === 'timeout' ? 'timed_out' : 'failed';
  return (result.statusCode >= 200 && result.statusCode < 300) || result.statusCode === 410 ? 'well' : 'failed';
}
