import { describe, expect, it } from '@jest/globals';
import { readOptions } from './options.ts';

describe('readOptions', () => {
  it('knows every option', () => {
    expect(readOptions([])).toEqual({ once: false, fresh: false, strictEgress: false, help: false, infra: undefined });
    expect(readOptions(['--once', '--fresh', '--infra=local'])).toMatchObject({ once: true, fresh: true, infra: 'local' });
    expect(readOptions(['--strict-egress', '--help'])).toMatchObject({ strictEgress: true, help: true });
  });

  it.each([
    [['--onec'], 'Unknown option'],
    [['now'], 'Unexpected argument'],
    [['--infra=podman'], '--infra=podman is not one of external, docker, local'],
    [['--infra'], 'argument missing'],
    [['--once=yes'], 'does not take an argument'],
    [['--once', '--strict-egress'], '--once waits for the demo delivery'],
  ])('refuses %j', (args, message) => {
    expect(() => readOptions(args)).toThrow(message);
  });
});
