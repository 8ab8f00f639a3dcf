import { describe, expect, it } from '@jest/globals';
import { selfTimes } from './self-times.ts';

const node = (id: number, functionName: string, url: string) => ({ id, callFrame: { functionName, url, lineNumber: 9 } });

describe('selfTimes', () => {
  it('adds up the time of every sample by function, without idling', () => {
    const profile = {
      nodes: [
        node(1, '(idle)', ''),
        node(2, 'sign', 'file:///somewhere/libs/signing/dist/sign.js'),
        node(3, 'sign', 'file:///somewhere/libs/signing/dist/sign.js'),
        node(4, '', 'file:///somewhere/node_modules/undici/lib/a.js'),
      ],
      samples: [1, 2, 3, 4, 1],
      timeDeltas: [5000, 2000, 1000, 1000, 9000],
    };
    expect(selfTimes(profile)).toEqual([
      { where: 'sign (libs/signing/dist/sign.js:10)', ms: 3, share: 0.75 },
      { where: '(anonymous) (node_modules/undici/lib/a.js:10)', ms: 1, share: 0.25 },
    ]);
  });
});
