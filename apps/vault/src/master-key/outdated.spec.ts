import { describe, expect, it } from '@jest/globals';
import { isOutdated } from './outdated.ts';

const GCP = 'gcp-kms:projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions';

describe('isOutdated', () => {
  it.each([
    ['file:00112233445566a1', 'file:00112233445566a1', false],
    ['file:00112233445566a1', 'file:00112233445566a2', true],
    ['file:00112233445566a2', 'file:00112233445566a1', true],
    ['file:00112233445566a1', 'transit:transit/hookwright:v1', true],
    ['transit:transit/hookwright:v2', 'transit:transit/hookwright:v2', false],
    ['transit:transit/hookwright:v2', 'transit:transit/hookwright:v10', true],
    ['transit:transit/hookwright:v10', 'transit:transit/hookwright:v2', false],
    ['transit:transit/other:v10', 'transit:transit/hookwright:v2', true],
    [`${GCP}/3`, `${GCP}/4`, true],
    [`${GCP}/4`, `${GCP}/3`, false],
    ['aws-kms:arn:aws:kms:eu-central-1:1:key/a1', 'aws-kms:arn:aws:kms:eu-central-1:1:key/a2', true],
  ])('of %s while %s is current is %s', (keyId, current, outdated) => {
    expect(isOutdated(keyId, current)).toBe(outdated);
  });
});
