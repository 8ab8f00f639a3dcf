const text = { type: 'string' };
const nullableText = { type: ['string', 'null'] };
const header = (description: string): object => ({ in: 'header', required: true, schema: text, description });

/** What an endpoint receives (api.md): the `webhooks` section of the document. */
export const WEBHOOKS = {
  'event.delivered': {
    post: {
      operationId: 'onEvent',
      summary: 'An event is delivered to the endpoint of an app',
      description:
        'Verify the signature over the raw body (Standard Webhooks), answer 2xx within the timeout, and work afterwards. Deduplicate by `webhook-id`.',
      security: [],
      parameters: [
        { name: 'webhook-id', ...header('the event id: the same over retries, redeliveries and replays') },
        { name: 'webhook-timestamp', ...header('seconds since the epoch, of this attempt') },
        {
          name: 'webhook-signature',
          ...header(
            'one per live secret, separated by spaces: `v1,<base64>` (HMAC-SHA256) or `v1a,<base64>` (ed25519) of `id.timestamp.body`',
          ),
        },
      ],
      requestBody: { required: true, content: { 'application/json': { schema: { $ref: '#/components/schemas/WebhookEvent' } } } },
      responses: {
        '2XX': { description: 'Taken' },
        '410': { description: 'The endpoint is gone: it is disabled' },
        default: { description: 'Tried again later; 429 and 503 may say when with Retry-After' },
      },
    },
  },
};

export const WEBHOOK_EVENT_SCHEMA = {
  type: 'object',
  required: ['id', 'type', 'timestamp', 'source', 'app_id', 'mode', 'api_version', 'sequence', 'test', 'data'],
  properties: {
    id: text,
    type: { ...text, examples: ['order.created'] },
    timestamp: { ...text, format: 'date-time' },
    source: { enum: ['partner_app', 'installed_merchants'] },
    app_id: text,
    installation_id: nullableText,
    installation_generation: { type: ['integer', 'null'] },
    merchant_id: nullableText,
    mode: { enum: ['live', 'test'] },
    api_version: text,
    sequence: { ...text, description: 'orders the events of one merchant and topic' },
    resource: { type: ['object', 'null'], properties: { type: text, id: text, version: text } },
    test: { type: 'boolean' },
    data: { type: ['object', 'array', 'string', 'number', 'boolean', 'null'], description: "the event's own body, byte for byte" },
    truncated: { type: 'boolean', description: 'the body was over 256 KiB: data is null' },
  },
  examples: [
    {
      id: 'evt_06f1kq3zv8r0c2t4y6b8d0e1g3',
      type: 'order.created',
      timestamp: '2026-11-25T10:00:00.000Z',
      source: 'installed_merchants',
      app_id: 'app_06f1kq3zv8r0c2t4y6b8d0e1g3',
      installation_id: 'ins_06f1kq3zv8r0c2t4y6b8d0e1g3',
      installation_generation: 1,
      merchant_id: 'mer_demo_1',
      mode: 'live',
      api_version: '2026-11-01',
      sequence: '000000000042',
      resource: { type: 'order', id: 'ord_1', version: '7' },
      test: false,
      data: { id: 'ord_1', total: 4200 },
    },
  ],
};
