import { type ReceivedRequest, type Receiver, isSignedWith } from './receiver.ts';
import { type KnownSecret, maySign, mustSign } from './secret-timeline.ts';

// api.md: a change is in effect within a second of its answer.
const IN_EFFECT_MS = 1000;
/** From a request's begin until it was read: this is about what is sent, bench/ says how fast. */
const MARGIN_MS = 1500;

/** `may`: it was published less than a second after a change. */
export type Verdict = 'must' | 'mustNot' | 'may';

/** What the model says of one event at one app. */
export interface Expected {
  /** The event, as keyOf finds it in a request. */
  readonly key: string;
  readonly type: string;
  /** Of an installation; undefined where there is none. */
  readonly installationId?: string;
  readonly generation?: number;
  verdict: Verdict;
}

interface Ended {
  readonly installationId: string;
  readonly generation: number;
  readonly atMs: number;
}

interface Payload {
  readonly type: string;
  readonly installation_id: string;
  readonly installation_generation: number;
  readonly sequence: string;
  readonly data: { readonly id?: string };
}

interface Arrived {
  readonly request: ReceivedRequest;
  readonly payload: Payload;
  readonly key: string;
}

/** What one app must get, may get and must not get, and whether it did. */
export class Expectations {
  readonly all: Expected[] = [];
  private readonly ended: Ended[] = [];

  constructor(
    private readonly receiver: Receiver,
    private readonly path: string,
  ) {}

  add(expected: Expected): Expected {
    this.all.push(expected);
    return expected;
  }

  /** From a second on nothing of that generation is sent but that it ended. */
  end(ended: Ended): void {
    this.ended.push(ended);
  }

  has({ key }: Expected): boolean {
    return this.arrived().some((arrived) => arrived.key === key);
  }

  /** What is not as it must be, a sentence each. */
  faults(secrets: readonly KnownSecret[]): string[] {
    const arrived = this.arrived();
    return [
      ...this.all.flatMap((expected) => faultOfCount(expected, arrived)),
      ...arrived.filter(({ key, payload }) => !this.isKnown(key, payload.type)).map(({ payload }) => `nobody expected ${nameOf(payload)}`),
      ...this.all.flatMap((expected) => faultOfOrder(expected, arrived)),
      ...arrived.flatMap((each) => this.ended.flatMap((ended) => faultOfEnd(each, ended))),
      ...arrived.flatMap((each) => faultOfSignatures(each, secrets)),
    ];
  }

  private arrived(): Arrived[] {
    return this.receiver.at(this.path).map((request) => {
      const payload = JSON.parse(request.body) as Payload;
      return { request, payload, key: keyOf(payload) };
    });
  }

  private isKnown(key: string, type: string): boolean {
    return this.all.some((expected) => expected.key === key && expected.type === type);
  }
}

/** Whether what was changed then is in effect now. */
export function isInEffect(changedMs: number, nowMs: number): boolean {
  return nowMs >= changedMs + IN_EFFECT_MS;
}

/** A lifecycle event by its installation and number, a merchant's by what the test put into it. */
function keyOf({ type, installation_id: installationId, sequence, data }: Payload): string {
  return type.startsWith('partner_app.') ? `${installationId}.${Number(sequence)}` : String(data.id);
}

function faultOfCount({ key, type, verdict }: Expected, arrived: readonly Arrived[]): string[] {
  const count = arrived.filter((each) => each.key === key).length;
  const isRight = verdict === 'must' ? count === 1 : count <= (verdict === 'may' ? 1 : 0);
  return isRight ? [] : [`${type} ${key} ${verdict} arrive and did ${count} times`];
}

function faultOfOrder({ key, type, verdict, installationId, generation }: Expected, arrived: readonly Arrived[]): string[] {
  if (type !== 'partner_app.install.created' || verdict !== 'must') return [];
  const first = arrived.find(({ payload }) => payload.installation_id === installationId && payload.installation_generation === generation);
  return first === undefined || first.key === key ? [] : [`${nameOf(first.payload)} came before created of generation ${generation}`];
}

function faultOfEnd({ request, payload }: Arrived, { installationId, generation, atMs }: Ended): string[] {
  if (payload.installation_id !== installationId || payload.installation_generation !== generation) return [];
  const late = request.arrivedAtMs - atMs;
  if (payload.type === 'partner_app.install.revoked' || late <= IN_EFFECT_MS + MARGIN_MS) return [];
  return [`${nameOf(payload)} came ${late} ms after the revoke`];
}

function faultOfSignatures({ request, payload }: Arrived, secrets: readonly KnownSecret[]): string[] {
  const signers = secrets.filter(({ text }) => isSignedWith(request, text));
  const missing = mustSign(secrets, request.arrivedAtMs).filter((secret) => !signers.includes(secret));
  const allowed = maySign(secrets, request.arrivedAtMs);
  const strange = signers.filter((secret) => !allowed.includes(secret));
  const count = String(request.headers['webhook-signature']).split(' ').length;
  return [
    ...(signers.length === 0 ? [`${nameOf(payload)} has no valid signature`] : []),
    ...missing.map(({ id }) => `${nameOf(payload)} lacks the signature of ${id}`),
    ...strange.map(({ id }) => `${nameOf(payload)} is signed with ${id}, which had ended`),
    ...(count === signers.length ? [] : [`${nameOf(payload)} has ${count} signatures, of which ${signers.length} are of known secrets`]),
  ];
}

function nameOf(payload: Payload): string {
  return `${payload.type} ${keyOf(payload)}`;
}
