import { bytesOf, FakeKey, type JsonAnswer, type JsonCall, type KmsFake, startJsonServer } from './kms.fake.ts';

export interface TransitFake extends KmsFake {
  /** What calls must have as their token. */
  token: string;
  /** Older versions do not decrypt (`min_decryption_version`). */
  minVersion: number;
}

/** A fake of HashiCorp Vault with its transit engine at `transit/` and one key, `hookwright`: its HTTP API, with its words. */
export async function startTransitFake(): Promise<TransitFake> {
  const key = new FakeKey();
  const fake = { token: 'hvs.first', minVersion: 1, mode: 'well' as KmsFake['mode'], calls: [] as string[] };
  const answer = ({ request, body }: JsonCall): JsonAnswer | undefined => {
    const [, operation = '', name] = /^\/v1\/transit\/(encrypt|decrypt)\/([\w-]+)$/.exec(request.url ?? '') ?? [];
    fake.calls.push(operation);
    if (fake.mode === 'hanging') return undefined;
    if (fake.mode === 'refusing' || request.headers['x-vault-token'] !== fake.token) return errors(403, 'permission denied');
    if (request.method !== 'POST' || request.headers['x-vault-request'] !== 'true') return errors(405, 'unsupported operation');
    if (name !== 'hookwright') return errors(400, 'encryption key not found');
    const aad = bytesOf(body, 'associated_data');
    if (operation === 'encrypt') return encrypted(key, bytesOf(body, 'plaintext'), aad);
    return decrypted(key, { ciphertext: String(body['ciphertext']), aad, minVersion: fake.minVersion });
  };
  const { url, stop } = await startJsonServer('application/json', answer);
  return Object.assign(fake, { url, stop, rotate: () => key.rotate() });
}

function encrypted(key: FakeKey, plaintext: Buffer, aad: Buffer): JsonAnswer {
  const ciphertext = `vault:v${key.version}:${key.seal(plaintext, aad).toString('base64')}`;
  return answered({ ciphertext, key_version: key.version });
}

interface Decrypt {
  readonly ciphertext: string;
  readonly aad: Buffer;
  readonly minVersion: number;
}

function decrypted(key: FakeKey, { ciphertext, aad, minVersion }: Decrypt): JsonAnswer {
  const [, version, bytes] = /^vault:v(\d+):(.+)$/.exec(ciphertext) ?? [];
  if (version === undefined || bytes === undefined) return errors(400, 'invalid ciphertext: no prefix');
  if (Number(version) < minVersion) return errors(400, 'ciphertext or signature version is disallowed by policy (too old)');
  const plaintext = key.open(Number(version), Buffer.from(bytes, 'base64'), aad);
  if (plaintext === undefined) return errors(400, 'cipher: message authentication failed');
  return answered({ plaintext: plaintext.toString('base64') });
}

function answered(data: object): JsonAnswer {
  const envelope = { request_id: '00000000-0000-0000-0000-000000000000', lease_id: '', renewable: false, lease_duration: 0 };
  return { status: 200, body: { ...envelope, data, wrap_info: null, warnings: null, auth: null } };
}

function errors(status: number, ...messages: string[]): JsonAnswer {
  return { status, body: { errors: messages } };
}
