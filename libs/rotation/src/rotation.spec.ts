import { describe, expect, it } from '@jest/globals';
import { planRevocation, planRotation, type RotatingSecret } from './rotation.ts';

const now = new Date('2026-11-25T12:00:00.000Z');
const later = (seconds: number): Date => new Date(now.getTime() + seconds * 1000);

const current: RotatingSecret = { id: 'sec_current', expiresAt: null };
const replaced: RotatingSecret = { id: 'sec_replaced', expiresAt: later(60) };

describe('planRotation', () => {
  const CASES: [string, RotatingSecret[], { overlapSeconds: number; force: boolean }, ReturnType<typeof planRotation>][] = [
    [
      'lets the previous secret sign until the overlap is over',
      [current],
      { overlapSeconds: 86_400, force: false },
      { ok: true, previous: { id: 'sec_current', expiresAt: later(86_400) }, ended: [] },
    ],
    [
      'ends the previous secret at once without an overlap',
      [current],
      { overlapSeconds: 0, force: false },
      { ok: true, previous: { id: 'sec_current', expiresAt: now }, ended: ['sec_current'] },
    ],
    [
      'ignores force when no overlap is open',
      [current],
      { overlapSeconds: 10, force: true },
      { ok: true, previous: { id: 'sec_current', expiresAt: later(10) }, ended: [] },
    ],
    [
      'refuses inside an open overlap',
      [current, replaced],
      { overlapSeconds: 10, force: false },
      { ok: false, reason: 'rotation_in_progress' },
    ],
    [
      'refuses inside an open overlap even without one of its own',
      [current, replaced],
      { overlapSeconds: 0, force: false },
      { ok: false, reason: 'rotation_in_progress' },
    ],
    [
      'ends the oldest by force, and lets the previous one sign on',
      [current, replaced],
      { overlapSeconds: 604_800, force: true },
      { ok: true, previous: { id: 'sec_current', expiresAt: later(604_800) }, ended: ['sec_replaced'] },
    ],
    [
      'ends both by force without an overlap: the emergency',
      [current, replaced],
      { overlapSeconds: 0, force: true },
      { ok: true, previous: { id: 'sec_current', expiresAt: now }, ended: ['sec_replaced', 'sec_current'] },
    ],
    ['has nothing to rotate without a secret', [], { overlapSeconds: 10, force: true }, { ok: false, reason: 'no_secret' }],
  ];

  it.each(CASES)('%s', (_name, live, request, expected) => {
    expect(planRotation(live, { ...request, now })).toEqual(expected);
  });
});

describe('planRevocation', () => {
  const CASES: [string, RotatingSecret[], string, ReturnType<typeof planRevocation>][] = [
    ['ends the replaced secret early', [current, replaced], 'sec_replaced', { ok: true, promoted: null }],
    [
      'lifts the end of the older one when the current is revoked',
      [current, replaced],
      'sec_current',
      { ok: true, promoted: 'sec_replaced' },
    ],
    ['keeps the last one', [current], 'sec_current', { ok: false, reason: 'last_secret' }],
    ['keeps the last one that is about to end', [replaced], 'sec_replaced', { ok: false, reason: 'last_secret' }],
    ['does not know a secret that is not live', [current], 'sec_other', { ok: false, reason: 'not_live' }],
    ['does not know any secret of an app without', [], 'sec_other', { ok: false, reason: 'not_live' }],
  ];

  it.each(CASES)('%s', (_name, live, secretId, expected) => {
    expect(planRevocation(live, secretId)).toEqual(expected);
  });
});
