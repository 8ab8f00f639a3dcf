import { create, toBinary } from '@bufbuild/protobuf';
import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  EndpointSnapshotSchema,
  EndpointStatus,
  EventSchema,
  EventSource,
  MatchedAppSchema,
  Scheme,
  type SigningSecret,
  SigningSecretSchema,
  encodeDeliveryHeaders,
} from '@hookwright/contracts';
import type { SendRequest, SendResult } from '@hookwright/egress';
import type { Breakers } from '../breakers/breakers.ts';
import { EndedInstallations } from '../endpoints/ended-installations.ts';
import { EndpointTable } from '../endpoints/endpoint-table.ts';
import type { Delivery } from '../expansion/delivery.ts';
import { expand } from '../expansion/expand.ts';
import { SecretCache } from '../secrets/secret-cache.ts';
import { Deliverer } from './deliver.ts';

const APP = 'app_1';
const CLOSED = {
  isOpen: () => false,
  gate: () => undefined,
  through: (_appId: string, attempt: () => Promise<SendResult>) => attempt(),
} as unknown as Breakers;

let live: string[];
let secrets: SecretCache;
let connecting: () => Promise<void>;
let opened: number;
let deliverer: Deliverer;

function secret(id: string): SigningSecret {
  return create(SigningSecretSchema, { id, scheme: Scheme.V1, key: Buffer.alloc(32) });
}

/** As egress does on a new connection: `connecting` is what happens until it is there. */
async function send({ mayBegin = () => true }: SendRequest): Promise<SendResult> {
  opened++;
  await connecting();
  if (!mayBegin()) return { kind: 'withdrawn', durationMs: 1 };
  return { kind: 'response', statusCode: 200, headers: {}, body: Buffer.alloc(0), truncated: false, durationMs: 1 };
}

function delivery(): Delivery {
  const event = create(EventSchema, {
    eventId: 'evt_1',
    type: 'order.created',
    source: EventSource.INSTALLED_MERCHANTS,
    merchantId: 'mer_1',
    mandatory: true,
  });
  const app = create(MatchedAppSchema, { appId: APP, installationId: 'ins_1', generation: 1 });
  const message = { value: Buffer.from('{}'), timestamp: '1764032523004', headers: encodeDeliveryHeaders(event, [app]) };
  const expansion = expand(message, () => undefined);
  if (!expansion.ok) throw new Error(expansion.detail);
  return expansion.deliveries[0]!;
}

beforeEach(() => {
  live = ['sec_1'];
  opened = 0;
  connecting = () => Promise.resolve();
  secrets = new SecretCache(
    () => Promise.resolve(live.map(secret)),
    () => undefined,
  );
  const endpoints = new EndpointTable();
  const endpoint = create(EndpointSnapshotSchema, {
    appId: APP,
    url: 'https://shipit.example/hooks',
    status: EndpointStatus.ENABLED,
    revision: 1n,
  });
  endpoints.apply(APP, Buffer.from(toBinary(EndpointSnapshotSchema, endpoint)));
  deliverer = new Deliverer({
    endpoints,
    installations: new EndedInstallations(),
    secrets,
    breakers: CLOSED,
    send,
    schedule: [30],
    isOurs: () => true,
    onGone: () => undefined,
  });
});

describe('Deliverer', () => {
  it('signs anew when a secret ended while the connection was opened: its signature is never sent', async () => {
    connecting = () => {
      if (opened === 1) {
        live = ['sec_2'];
        secrets.drop(APP);
      }
      return Promise.resolve();
    };
    expect(await deliverer.deliver(delivery())).toMatchObject({ status: 'delivered', attempt: { number: 1, signedWith: ['sec_2'] } });
    expect(opened).toBe(2);
  });

  it('goes on when the secrets were only read again meanwhile', async () => {
    live = ['sec_2', 'sec_1'];
    connecting = () => secrets.load(APP);
    expect(await deliverer.deliver(delivery())).toMatchObject({ status: 'delivered', attempt: { signedWith: ['sec_2', 'sec_1'] } });
    expect(opened).toBe(1);
  });
});
