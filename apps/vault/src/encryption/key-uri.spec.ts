import { describe, expect, it } from '@jest/globals';
import { parseKeyUri } from './key-uri.ts';

const ARN = 'arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const CRYPTO_KEY = 'projects/example.com:shop-1/locations/europe-west3/keyRings/hookwright/cryptoKeys/master';

describe('parseKeyUri', () => {
  it.each([
    ['file:///keys/master.key', { scheme: 'file', path: '/keys/master.key' }],
    ['transit://transit/hookwright', { scheme: 'transit', mount: 'transit', key: 'hookwright' }],
    ['transit://team-a/transit/hook.wright', { scheme: 'transit', mount: 'team-a/transit', key: 'hook.wright' }],
    [`aws-kms://${ARN}`, { scheme: 'aws-kms', arn: ARN, region: 'eu-central-1' }],
    [`aws-kms://${ARN.replace('arn:aws:', 'arn:aws-cn:')}`, { scheme: 'aws-kms', region: 'eu-central-1' }],
    [`aws-kms://${ARN.replace(/[^/]+$/, 'mrk-1234abcd12ab34cd56ef1234567890ab')}`, { scheme: 'aws-kms' }],
    [`gcp-kms://${CRYPTO_KEY}`, { scheme: 'gcp-kms', cryptoKey: CRYPTO_KEY }],
  ])('knows %s', (text, uri) => {
    expect(parseKeyUri(text)).toMatchObject(uri);
  });

  it.each([
    '',
    '/keys/master.key',
    'file://keys/master.key',
    'transit://hookwright',
    'transit://transit/../sys',
    'transit://transit//hookwright',
    'transit://transit/hookwright?x=1',
    'aws-kms://alias/hookwright',
    `aws-kms://${ARN.replace(/key\/.*/, 'alias/hookwright')}`,
    `aws-kms://${ARN} `,
    `gcp-kms://${CRYPTO_KEY}/cryptoKeyVersions/1`,
    `gcp-kms://${CRYPTO_KEY}/..`,
    'https://vault.example/v1/transit',
    `file:///${'a'.repeat(1000)}`,
  ])('takes %j for no key', (text) => {
    expect(parseKeyUri(text)).toBeUndefined();
  });
});
