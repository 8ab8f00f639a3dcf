import { Injectable } from '@nestjs/common';
import type { AdapterPayload } from 'oidc-provider';
import { unavailable } from '@hookwright/runtime';
import { RedisConnection } from '../../redis/redis-connection.ts';
import { CONSUME, PUT } from './transient.lua.ts';
import { hashOfId, openPayload, sealPayload } from './sealed-payload.ts';

export interface Transient {
  readonly payload: AdapterPayload;
  readonly consumedAtMs: number | undefined;
}

export interface Put {
  readonly payload: AdapterPayload;
  readonly seconds: number;
  /** Only if there is none of this id. */
  readonly once?: true;
}

/** What may vanish: interactions, codes, ids of assertions. In Redis, by hash and sealed. */
@Injectable()
export class TransientStore {
  constructor(private readonly redis: RedisConnection) {}

  /** False when it was to be put once and is there already. */
  async put(model: string, id: string, { payload, seconds, once }: Put): Promise<boolean> {
    const sealed = sealPayload(model, id, payload);
    const putting = this.redis.client.eval(PUT, 1, keyOf(model, id), sealed, seconds, once === true ? 'once' : 'again');
    return (await asked(putting)) === 1;
  }

  async get(model: string, id: string): Promise<Transient | undefined> {
    const [sealed, consumed] = await asked(this.redis.client.hmgetBuffer(keyOf(model, id), 'payload', 'consumed'));
    if (sealed === null || sealed === undefined) return undefined;
    return { payload: openPayload(model, id, sealed), consumedAtMs: consumed == null ? undefined : Number(consumed.toString()) };
  }

  /** Whether this call consumed it: of many at once one does. */
  async consume(model: string, id: string): Promise<boolean> {
    return (await asked(this.redis.client.eval(CONSUME, 1, keyOf(model, id), Date.now()))) === 1;
  }

  async delete(model: string, id: string): Promise<void> {
    await asked(this.redis.client.del(keyOf(model, id)));
  }
}

/** ioredis has many words for a Redis that is away. What Redis itself refuses is a bug. */
async function asked<Answer>(command: Promise<Answer>): Promise<Answer> {
  try {
    return await command;
  } catch (error) {
    throw error instanceof Error && error.name === 'ReplyError' ? error : unavailable('Redis', error);
  }
}

function keyOf(model: string, id: string): string {
  return `gateway:oauth:${model}:${hashOfId(id).toString('base64url')}`;
}
