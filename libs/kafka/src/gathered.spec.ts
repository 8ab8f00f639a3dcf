import { describe, expect, it } from '@jest/globals';
import { Gathered } from './gathered.ts';

/** Requests that end when the test says so. */
function requests(options: { retriesAlone?: boolean } = {}): {
  gathered: Gathered<string, string>;
  made: string[];
  end: (outcome?: 'ok' | Error) => Promise<void>;
} {
  const made: string[] = [];
  const open: PromiseWithResolvers<string>[] = [];
  const gathered = new Gathered<string, string>({
    ...options,
    request: (items) => {
      made.push(items.join('+'));
      const answer = Promise.withResolvers<string>();
      open.push(answer);
      return answer.promise;
    },
  });
  const end = async (outcome: 'ok' | Error = 'ok'): Promise<void> => {
    const answer = open.shift();
    if (outcome === 'ok') answer?.resolve(made.at(-1) ?? '');
    else answer?.reject(outcome);
    await new Promise(setImmediate);
  };
  return { gathered, made, end };
}

describe('Gathered', () => {
  it('requests at once when nothing is under way, and what is asked for meanwhile together, in its order', async () => {
    const { gathered, made, end } = requests();
    const asked = [['a'], ['b', 'c'], ['d']].map((items) => gathered.ask(items));
    expect(made).toEqual(['a']);
    await end();
    expect(made).toEqual(['a', 'b+c+d']);
    await end();
    await expect(Promise.all(asked)).resolves.toEqual(['a', 'b+c+d', 'b+c+d']);
    const later = gathered.ask(['e']);
    await end();
    await expect(later).resolves.toBe('e');
  });

  it('rejects nobody for what another asked for, where that can be', async () => {
    const { gathered, made, end } = requests({ retriesAlone: true });
    const first = gathered.ask(['a']);
    const [good, bad] = [gathered.ask(['good']), gathered.ask(['bad'])];
    const judged = Promise.allSettled([first, good, bad]);
    await end();
    await end(new Error('one of them'));
    expect(made.slice(1)).toEqual(['good+bad', 'good', 'bad']);
    await end();
    await end(new Error('bad'));
    const [, goodOne, badOne] = await judged;
    expect([goodOne.status, badOne]).toEqual(['fulfilled', { status: 'rejected', reason: new Error('bad') }]);
  });

  it('rejects all of a request, and goes on', async () => {
    const { gathered, end } = requests();
    const first = gathered.ask(['a']);
    const judged = Promise.allSettled([gathered.ask(['b']), gathered.ask(['c'])]);
    await end();
    await first;
    await end(new Error('away'));
    expect((await judged).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    const second = gathered.ask(['b']);
    await end();
    await expect(second).resolves.toBe('b');
  });
});
