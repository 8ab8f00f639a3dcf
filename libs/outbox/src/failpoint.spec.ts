import { describe, expect, it } from '@jest/globals';
import { killBeforePublishing } from './failpoint.ts';

describe('killBeforePublishing', () => {
  it('kills with the batch that has the message of that number, and not before', () => {
    let kills = 0;
    const beforePublish = killBeforePublishing(5, () => kills++);
    beforePublish(2);
    beforePublish(2);
    expect(kills).toBe(0);
    beforePublish(3);
    expect(kills).toBe(1);
  });
});
