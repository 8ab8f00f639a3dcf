import { EndpointStatus, EventSource, Mode, PayloadStyle, Scheme, Visibility, newId } from '@hookwright/contracts';

export const partnerId = newId('par');

/** An app, its endpoint and its secret as the services behind the gateway tell them. */
export const webhook = {
  url: 'https://shipit.example/hooks',
  status: EndpointStatus.ENABLED,
  eventSources: [EventSource.PARTNER_APP, EventSource.INSTALLED_MERCHANTS],
  enabledEvents: ['*'],
  payloadStyle: PayloadStyle.FULL,
  apiVersion: '2026-11-01',
  maxConcurrency: 10,
  timeoutSeconds: 10,
};
export const app = {
  id: 'app_1',
  partnerId,
  name: 'Ship It',
  mode: Mode.LIVE,
  visibility: Visibility.PRIVATE,
  clientId: 'client_1',
  createdAtMs: 1_795_600_000_000n,
  updatedAtMs: 1_795_600_000_001n,
  revision: 7n,
};
export const secret = { id: 'sec_1', appId: 'app_1', scheme: Scheme.V1, prefix: 'whsec_ab', createdAtMs: 1_795_600_000_000n };
