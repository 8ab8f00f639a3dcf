import { Injectable } from '@nestjs/common';
import type { AdapterPayload } from 'oidc-provider';
import { RedisConnection } from '../../redis/redis-connection.ts';
import { CONSUME, PUT } from './transient.lua.ts';
import { hashOfId, openPayload, sealPayload } from './sealed-payload.ts';

export interface Transient {
  readonly payload: AdapterPayload;
  readonly consumed: boolean;
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
    const put = await this.redis.client.eval(PUT, 1, keyOf(model, id), sealed, seconds, once === true ? 'once' : 'again');
    return put === 1;
  }

  async get(model: string, id: string): Promise<Transient | undefined> {
    const [sealed, consumed] = await this.redis.client.hmgetBuffer(keyOf(model, id), 'payload', 'consumed');
    if (sealed === null || sealed === undefined) return undefined;
    return { payload: openPayload(model, id, sealed), consumed: consumed !== null };
  }

  /** Whether this call consumed it: of many at once one does. */
  async consume(model: string, id: string): Promise<boolean> {
    return (await this.redis.client.eval(CONSUME, 1, keyOf(model, id), Math.floor(Date.now() / 1000))) === 1;
  }

  async delete(model: string, id: string): Promise<void> {
    await this.redis.client.del(keyOf(model, id));
  }
}

function keyOf(model: string, id: string): string {
  return `gateway:oauth:${model}:${hashOfId(id).toString('base64url')}`;
}
