import { randomBytes } from 'node:crypto';
import { Kafka, logLevel } from 'kafkajs';

const SOURCE = '/demo/orders';

/**
 * Publishes one order of the merchant mer_demo_1 as any service of the platform would: kafkajs, a CloudEvent in binary mode, none of
 * our own code. Returns the event's source and id.
 */
export async function publishDemoOrder(kafkaBrokers: string): Promise<{ readonly source: string; readonly id: string }> {
  const kafka = new Kafka({ clientId: 'demo-shop', brokers: kafkaBrokers.split(','), logLevel: logLevel.NOTHING });
  const producer = kafka.producer();
  const id = `demo-${Date.now().toString(36)}-${randomBytes(4).toString('hex')}`;
  await producer.connect();
  try {
    const order = { id: `ord_${id}`, status: 'open', total: 4200, currency: 'EUR', customer_id: 'cus_demo_1' };
    await producer.send({
      topic: 'merchant.orders',
      messages: [{ key: 'mer_demo_1', value: JSON.stringify(order), headers: headersOf(id) }],
    });
  } finally {
    await producer.disconnect();
  }
  return { source: SOURCE, id };
}

function headersOf(id: string): Record<string, string> {
  return {
    'content-type': 'application/json',
    ce_specversion: '1.0',
    ce_id: id,
    ce_source: SOURCE,
    ce_type: 'order.created',
    ce_time: new Date().toISOString(),
    ce_merchantid: 'mer_demo_1',
    ce_resourceid: `ord_${id}`,
    ce_resourceversion: '1',
  };
}
