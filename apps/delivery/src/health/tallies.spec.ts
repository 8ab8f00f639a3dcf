import { beforeEach, describe, expect, it } from '@jest/globals';
import { type Noted, Tallies } from './tallies.ts';

let nowMs: number;
let tallies: Tallies;

const note = (result: Noted['result'], deliveryId = 'dlv_1', appId = 'app_1') => tallies.note({ appId, revision: 1n, deliveryId, result });
const due = () => tallies.take().map(({ appId }) => appId);

beforeEach(() => {
  nowMs = 1000;
  tallies = new Tallies(() => nowMs);
});

describe('Tallies', () => {
  it('counts attempts, and what failed since the last success', () => {
    note('failed', 'dlv_0');
    note('succeeded');
    nowMs = 2000;
    for (const id of ['dlv_1', 'dlv_1', 'dlv_2', 'dlv_3', 'dlv_4']) note('failed', id);
    nowMs = 3000;
    note('ignored', 'dlv_replayed');
    expect(tallies.take()).toEqual([
      {
        appId: 'app_1',
        revision: 1n,
        isRestart: false,
        succeeded: 1,
        failed: 7,
        lastSuccessMs: 1000,
        lastFailureMs: 2000,
        failingSinceMs: 2000,
        tried: ['dlv_1', 'dlv_2', 'dlv_3'],
      },
    ]);
  });

  it('has an app’s counts written at first, then once a minute', () => {
    note('succeeded');
    expect(due()).toEqual(['app_1']);
    note('succeeded');
    nowMs += 59_000;
    expect(due()).toEqual([]);
    nowMs += 1000;
    expect([due(), due()]).toEqual([['app_1'], []]);
  });

  it('has it written at once when an app begins or ceases to fail, or begins anew', () => {
    note('succeeded');
    due();
    note('failed');
    expect(due()).toEqual(['app_1']);
    note('failed');
    expect(due()).toEqual([]);
    note('succeeded');
    expect(due()).toEqual(['app_1']);
    tallies.restart('app_1', 2n);
    expect(tallies.take()).toMatchObject([{ isRestart: true, revision: 2n, succeeded: 0 }]);
  });

  it('gives everything in the order of apps when it ends', () => {
    for (const appId of ['app_c', 'app_a', 'app_b']) note('succeeded', 'dlv_1', appId);
    tallies.take();
    for (const appId of ['app_c', 'app_a']) note('succeeded', 'dlv_1', appId);
    expect(tallies.take('all').map(({ appId }) => appId)).toEqual(['app_a', 'app_c']);
  });

  it('counts what could not be written with what came meanwhile', () => {
    note('failed', 'dlv_1');
    const lost = tallies.take();
    nowMs = 2000;
    note('failed', 'dlv_2');
    tallies.giveBack(lost);
    const [both] = tallies.take('all');
    expect(both).toMatchObject({ failed: 2, failingSinceMs: 1000, lastFailureMs: 2000, tried: ['dlv_1', 'dlv_2'] });
    note('succeeded');
    note('failed', 'dlv_3');
    tallies.giveBack([both!]);
    expect(tallies.take('all')).toMatchObject([{ succeeded: 1, failed: 3, failingSinceMs: 2000, tried: ['dlv_3'] }]);
  });

  it('forgets a failure that was not written before the endpoint began anew', () => {
    note('failed', 'dlv_1');
    const lost = tallies.take();
    tallies.restart('app_1', 2n);
    tallies.giveBack(lost);
    expect(tallies.take('all')).toMatchObject([{ isRestart: true, revision: 2n, failed: 1, failingSinceMs: undefined, tried: [] }]);
  });
});
