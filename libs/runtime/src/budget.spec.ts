import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { budgetLeftMs, inBudget, withBudget } from './budget.ts';

describe('a budget', () => {
  beforeEach(() => void jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask'] }));
  afterEach(() => void jest.useRealTimers());

  const within = <Result>(ms: number, work: () => Result): Result => withBudget(performance.now() + ms, work);

  it('is endless where nobody waits', async () => {
    expect(budgetLeftMs()).toBe(Infinity);
    await expect(inBudget(Promise.resolve(1), 'The vault')).resolves.toBe(1);
  });

  it('is what all steps of a request share, and never less than nothing', async () => {
    await within(1000, async () => {
      expect(budgetLeftMs()).toBe(1000);
      await jest.advanceTimersByTimeAsync(400);
      expect(budgetLeftMs()).toBe(600);
      await jest.advanceTimersByTimeAsync(800);
      expect(budgetLeftMs()).toBe(0);
    });
  });

  it('ends the waiting for work that takes longer, with what it was that did not answer', async () => {
    const failed = within(1000, () => inBudget(new Promise(() => undefined), 'The vault')).catch((error: unknown) => error);
    await jest.advanceTimersByTimeAsync(1000);
    expect(await failed).toMatchObject({ code: 'service_unavailable', message: expect.stringContaining('The vault') });
  });

  it('changes nothing about work that ends in time, and leaves no timer behind', async () => {
    await expect(within(1000, () => inBudget(Promise.resolve('done'), 'The vault'))).resolves.toBe('done');
    await expect(within(1000, () => inBudget(Promise.reject(new Error('no')), 'The vault'))).rejects.toThrow('no');
    expect(jest.getTimerCount()).toBe(0);
  });

  it('of a step with time of its own does not outlive the step', () => {
    within(1000, () => {
      within(5000, () => {
        expect(budgetLeftMs()).toBe(5000);
      });
      expect(budgetLeftMs()).toBe(1000);
    });
  });
});
