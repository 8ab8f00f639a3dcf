import type { Adapter, AdapterPayload } from 'oidc-provider';
import { answerOf } from '../oauth-failure.ts';

type Method = keyof Adapter;

/** An Adapter's methods for a model whose records all end. */
export type Kept = Partial<Omit<Adapter, 'upsert'>> & {
  readonly upsert?: (id: string, payload: AdapterPayload, seconds: number) => Promise<void>;
};

const METHODS: readonly Method[] = ['upsert', 'find', 'findByUid', 'findByUserCode', 'consume', 'destroy', 'revokeByGrantId'];

/**
 * What oidc-provider keeps of one model, given as the methods that the model needs; any other is a bug. Within the request's budget, and
 * with a store that is away told as OAuth tells it. `store`: what is away then.
 */
export function adapter(store: string, methods: Kept): Adapter {
  const all = METHODS.map((name) => {
    const method = methods[name] as ((...given: unknown[]) => Promise<unknown>) | undefined;
    const ask = async (...given: unknown[]): Promise<unknown> => {
      if (method === undefined) throw new Error(`nothing of this model is kept that ${name} could be asked of`);
      return await answerOf(store, method(...given));
    };
    return [name, ask] as const;
  });
  return Object.fromEntries(all) as unknown as Adapter;
}
