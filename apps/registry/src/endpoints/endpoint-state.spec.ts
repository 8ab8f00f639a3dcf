import { describe, expect, it } from '@jest/globals';
import { ENDPOINT_DEFAULTS, type Endpoint } from './endpoint.ts';
import { disabled, isSameEndpoint, patchEndpoint, paused, resumed } from './endpoint-state.ts';

const now = new Date('2026-11-25T12:00:00.000Z');
const on = { now, verification: true };
const off = { now, verification: false };
const url = 'https://shipit.example/hooks';
const enabled: Endpoint = { ...ENDPOINT_DEFAULTS, url, status: 'enabled', disabledReason: null, disabledAt: null, verified: true };
const pending: Endpoint = { ...enabled, status: 'pending_verification', verified: false };
const isPaused: Endpoint = { ...enabled, status: 'paused' };
const isDisabled: Endpoint = { ...enabled, status: 'disabled', disabledReason: 'gone_410', disabledAt: new Date(0) };

describe('an endpoint', () => {
  it('begins unverified where verification is on, else enabled, with its defaults', () => {
    expect(patchEndpoint(null, { url }, on)).toEqual(pending);
    expect(patchEndpoint(null, { url }, off)).toEqual(enabled);
    expect(patchEndpoint(null, { url, status: 'disabled' }, off)).toMatchObject({
      status: 'disabled',
      disabledReason: 'manual',
      disabledAt: now,
    });
  });

  it('stays as it is without a patch, and goes with null', () => {
    expect(patchEndpoint(enabled, undefined, on)).toBe(enabled);
    expect(patchEndpoint(enabled, null, on)).toBeNull();
    expect(patchEndpoint(null, undefined, on)).toBeNull();
    expect(isSameEndpoint(patchEndpoint(enabled, {}, on), enabled)).toBe(true);
  });

  it('keeps what a patch leaves out', () => {
    const patched = patchEndpoint(enabled, { enabledEvents: ['order.*'], rateLimitPerMinute: 60 }, on);
    expect(patched).toEqual({ ...enabled, enabledEvents: ['order.*'], rateLimitPerMinute: 60 });
    expect(patchEndpoint(patched, { rateLimitPerMinute: null }, on)?.rateLimitPerMinute).toBeNull();
  });

  it.each([
    ['an enabled one', enabled, 'pending_verification'],
    ['a paused one', isPaused, 'pending_verification'],
    ['a disabled one', isDisabled, 'disabled'],
  ])('verifies another URL again: %s', (_what, endpoint, status) => {
    expect(patchEndpoint(endpoint, { url: `${url}/2` }, on)).toMatchObject({ status, verified: false });
    expect(patchEndpoint(endpoint, { url }, on)).toEqual(endpoint);
    expect(patchEndpoint(endpoint, { url: `${url}/2` }, off)).toEqual({ ...endpoint, url: `${url}/2` });
  });

  it.each([
    ['enabled', enabled, 'enabled'],
    ['paused', isPaused, 'enabled'],
    ['disabled', isDisabled, 'enabled'],
    ['disabled and never verified', { ...isDisabled, verified: false }, 'pending_verification'],
  ])('can be enabled by its partner when %s', (_what, endpoint, status) => {
    expect(patchEndpoint(endpoint, { status: 'enabled' }, on)).toMatchObject({ status, disabledReason: null, disabledAt: null });
  });

  it('cannot be enabled around its verification', () => {
    expect(() => patchEndpoint(pending, { status: 'enabled' }, on)).toThrow(expect.objectContaining({ code: 'conflict' }));
  });

  it('keeps why and when it was disabled first', () => {
    expect(disabled(enabled, 'gone_410', { now })).toMatchObject({ status: 'disabled', disabledReason: 'gone_410', disabledAt: now });
    expect(disabled(isDisabled, 'sustained_failure', { now })).toBe(isDisabled);
    expect(patchEndpoint(isDisabled, { status: 'disabled' }, on)).toEqual(isDisabled);
  });

  it('is paused only when enabled, and resumed only when paused', () => {
    expect(paused(enabled)).toEqual(isPaused);
    expect(resumed(isPaused)).toEqual(enabled);
    for (const endpoint of [pending, isPaused, isDisabled]) {
      expect(() => paused(endpoint)).toThrow(expect.objectContaining({ code: 'endpoint_not_enabled' }));
    }
    for (const endpoint of [pending, enabled, isDisabled]) {
      expect(() => resumed(endpoint)).toThrow(expect.objectContaining({ code: 'endpoint_not_paused' }));
    }
  });
});
