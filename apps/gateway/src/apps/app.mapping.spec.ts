import { EndpointStatus, EventSource, PayloadStyle, Visibility } from '@hookwright/contracts';
import { describe, expect, it } from '@jest/globals';
import { toAppInput } from './app.mapping.ts';
import { type AppPatchBody, appInput, appPatch } from './app.schema.ts';

describe('a body for the registry', () => {
  it.each<[string, AppPatchBody, unknown]>([
    ['nothing', {}, {}],
    ['texts', { name: 'a', description: '' }, { name: 'a', description: '' }],
    ['an empty list, which is not an absent one', { redirect_uris: [] }, { redirectUris: { values: [] } }],
    ['visibility', { visibility: 'public' }, { visibility: Visibility.PUBLIC }],
    ['keys', { jwks: { keys: [{ kty: 'OKP' }] } }, { jwksChange: { case: 'jwksJson', value: '{"keys":[{"kty":"OKP"}]}' } }],
    ['no keys', { jwks: null }, { jwksChange: { case: 'removeJwks', value: true } }],
    ['no endpoint', { webhook: null }, { webhookChange: { case: 'removeWebhook', value: true } }],
    [
      'an endpoint',
      { webhook: { url: 'https://a.example', event_sources: ['partner_app'], payload_style: 'thin', status: 'disabled' } },
      {
        webhookChange: {
          case: 'webhook',
          value: {
            url: 'https://a.example',
            eventSources: { values: [EventSource.PARTNER_APP] },
            payloadStyle: PayloadStyle.THIN,
            status: EndpointStatus.DISABLED,
          },
        },
      },
    ],
    [
      'a rate limit',
      { webhook: { rate_limit_per_minute: 60 } },
      { webhookChange: { case: 'webhook', value: { rateLimit: { case: 'rateLimitPerMinute', value: 60 } } } },
    ],
    [
      'no rate limit any more',
      { webhook: { rate_limit_per_minute: null } },
      { webhookChange: { case: 'webhook', value: { rateLimit: { case: 'noRateLimit', value: true } } } },
    ],
  ])('has %s', (_what, body, input) => {
    expect(toAppInput(appPatch.parse(body))).toEqual(input);
  });

  it('has defaults inside permissions', () => {
    const body = appInput.parse({ name: 'a', permissions: [{ id: 'orders', title: 'Orders', scopes: ['orders.read'] }] });
    expect(toAppInput(body)).toMatchObject({ permissions: { values: [{ optional: false }] } });
  });
});
