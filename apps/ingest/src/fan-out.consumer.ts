import { Controller, Inject } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { EventSource, TOPICS, deadTopic, decodeCloudEvent } from '@hookwright/contracts';
import { type ConsumedBatch, type FetchedMessage, KafkaProducer, type OutgoingMessage, deadLetter } from '@hookwright/kafka';
import { deliveryMessages } from './delivery-messages.ts';
import { type FanOut, fanOut } from './fan-out.ts';
import { FanOutTally } from './fan-out-tally.ts';
import { batchSeconds } from './metrics.ts';
import { Tables } from './tables/tables.ts';

/** Nest's name for the stream of batches. */
export const FAN_OUT_CHANNEL = 'fan-out';

@Controller()
export class FanOutConsumer {
  constructor(
    @Inject(Tables) private readonly tables: Tables,
    @Inject(KafkaProducer) private readonly producer: KafkaProducer,
  ) {}

  /** Finishes a batch: nothing of it is done before all that came of it is acknowledged, so a crash repeats it and loses nothing. */
  @EventPattern(FAN_OUT_CHANNEL)
  async take(@Payload() batch: ConsumedBatch): Promise<void> {
    const stopTimer = batchSeconds.startTimer();
    // A new app's first lifecycle event follows its endpoint closely, and in a new system the catalogue, on other topics: both must be in
    // memory first.
    if (batch.topic === TOPICS.lifecycle) await this.tables.caughtUpForLifecycle();
    const tally = new FanOutTally(batch.topic);
    const { deliveries, dead } = fanOutBatch(batch, this.tables, tally);
    await this.producer.send([
      { topic: TOPICS.deliveries, messages: deliveries },
      { topic: deadTopic(batch.topic), messages: dead },
    ]);
    for (const { offset } of batch.messages) batch.done(offset);
    tally.count();
    stopTimer();
  }
}

function fanOutBatch(
  { topic, partition, messages }: ConsumedBatch,
  tables: Tables,
  tally: FanOutTally,
): { deliveries: OutgoingMessage[]; dead: OutgoingMessage[] } {
  const deliveries: OutgoingMessage[] = [];
  const dead: OutgoingMessage[] = [];
  for (const message of messages) {
    const result = fanOutMessage(message, topic, tables);
    tally.add(result);
    if (result.kind === 'matched') deliveries.push(...deliveryMessages(result.event, result.apps, result.data));
    if (result.kind === 'dead')
      dead.push(deadLetter(message, { topic, partition, reason: result.reason, detail: result.detail, atMs: Date.now() }));
  }
  return { deliveries, dead };
}

type Matched = Extract<FanOut, { kind: 'matched' }> & { /** The event's own bytes. */ readonly data: Buffer };

function fanOutMessage(message: FetchedMessage, topic: string, tables: Tables): Matched | Exclude<FanOut, { kind: 'matched' }> {
  if (message.unreadable !== undefined) return { kind: 'dead', reason: message.unreadable.reason, detail: message.unreadable.detail };
  const isLifecycle = topic === TOPICS.lifecycle;
  const decoded = decodeCloudEvent(message, isLifecycle ? 'appid' : 'merchantid');
  if (!decoded.ok) return { kind: 'dead', reason: decoded.reason, detail: decoded.detail };
  const result = fanOut(decoded.event, isLifecycle ? EventSource.PARTNER_APP : EventSource.INSTALLED_MERCHANTS, tables);
  return result.kind === 'matched' ? { ...result, data: decoded.data } : result;
}
