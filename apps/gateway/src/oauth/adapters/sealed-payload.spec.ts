import { describe, expect, it } from '@jest/globals';
import { hashOfId, openPayload, sealPayload } from './sealed-payload.ts';

const id = 'JqD2mS0aFf4qJQ5nYb6vXw8Z1rT3uK7cLgH9eNpBsA0';
const payload = { jti: id, kind: 'AccessToken', clientId: 'client_1', exp: 1_795_600_000, extra: { app_id: 'app_1' } };

describe('what is stored of a token', () => {
  it('comes back whole, with the token', () => {
    expect(openPayload('AccessToken', id, sealPayload('AccessToken', id, payload))).toEqual(payload);
  });

  it('has the token in no spelling', () => {
    const stored = [sealPayload('AccessToken', id, payload), hashOfId(id)].map((bytes) => bytes.toString('latin1'));
    for (const spelling of [
      id,
      Buffer.from(id).toString('base64'),
      Buffer.from(id).toString('hex'),
      Buffer.from(id, 'base64url').toString('latin1'),
    ]) {
      for (const text of stored) expect(text).not.toContain(spelling);
    }
  });

  it('opens neither for another model nor with another token', () => {
    const sealed = sealPayload('AccessToken', id, payload);
    expect(() => openPayload('RefreshToken', id, sealed)).toThrow();
    expect(() => openPayload('AccessToken', `${id}x`, sealed)).toThrow();
  });
});
