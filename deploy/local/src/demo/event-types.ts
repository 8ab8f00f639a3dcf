/** An event type as the operator API takes it. */
export interface DemoEventType {
  readonly type: string;
  readonly required_scope: string;
  readonly description: string;
  /** JSON Schema of `data`. */
  readonly schema: Readonly<Record<string, unknown>>;
  readonly example: Readonly<Record<string, unknown>>;
}

const text = { type: 'string' } as const;
const money = { type: 'integer', minimum: 0, description: 'in the smallest unit of the currency' } as const;
const currency = { type: 'string', pattern: '^[A-Z]{3}$' } as const;

function objectSchema(properties: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    properties,
    required: Object.keys(properties),
    additionalProperties: true,
  };
}

const order = objectSchema({ id: text, status: text, total: money, currency, customer_id: text });
const payment = objectSchema({ id: text, order_id: text, status: text, amount: money, currency });
const refund = objectSchema({ id: text, payment_id: text, status: text, amount: money, currency });
const customer = objectSchema({ id: text, email: { type: 'string', format: 'email' }, name: text });

const orderOf = (status: string) => ({ id: 'ord_1', status, total: 4200, currency: 'EUR', customer_id: 'cus_1' });
const paymentOf = (status: string) => ({ id: 'pay_1', order_id: 'ord_1', status, amount: 4200, currency: 'EUR' });
const refundOf = (status: string) => ({ id: 'ref_1', payment_id: 'pay_1', status, amount: 1000, currency: 'EUR' });
const customerOf = (name: string) => ({ id: 'cus_1', email: 'ada@example.com', name });

/** What the demo platform publishes: ten types in four resources. */
export const DEMO_EVENT_TYPES: readonly DemoEventType[] = [
  { type: 'order.created', required_scope: 'orders.read', description: 'An order was placed.', schema: order, example: orderOf('open') },
  { type: 'order.updated', required_scope: 'orders.read', description: 'An order changed.', schema: order, example: orderOf('packed') },
  {
    type: 'order.cancelled',
    required_scope: 'orders.read',
    description: 'An order was cancelled.',
    schema: order,
    example: orderOf('cancelled'),
  },
  {
    type: 'payment.authorized',
    required_scope: 'payments.read',
    description: 'The bank holds the amount for a payment.',
    schema: payment,
    example: paymentOf('authorized'),
  },
  {
    type: 'payment.captured',
    required_scope: 'payments.read',
    description: 'A payment was collected.',
    schema: payment,
    example: paymentOf('captured'),
  },
  {
    type: 'payment.failed',
    required_scope: 'payments.read',
    description: 'A payment was declined.',
    schema: payment,
    example: paymentOf('failed'),
  },
  {
    type: 'refund.created',
    required_scope: 'refunds.read',
    description: 'A refund was asked for.',
    schema: refund,
    example: refundOf('pending'),
  },
  {
    type: 'refund.succeeded',
    required_scope: 'refunds.read',
    description: 'A refund was paid out.',
    schema: refund,
    example: refundOf('succeeded'),
  },
  {
    type: 'customer.created',
    required_scope: 'customers.read',
    description: 'A customer signed up.',
    schema: customer,
    example: customerOf('Ada'),
  },
  {
    type: 'customer.updated',
    required_scope: 'customers.read',
    description: 'A customer changed their details.',
    schema: customer,
    example: customerOf('Ada Lovelace'),
  },
];

export const DEMO_SCOPES: readonly string[] = [...new Set(DEMO_EVENT_TYPES.map(({ required_scope }) => required_scope))];
