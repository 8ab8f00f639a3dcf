import { readFile } from 'node:fs/promises';
import { Pool } from 'undici';
import { z } from 'zod';
import { DecryptError } from '../decrypt-error.ts';
import type { KeyProvider, WrappedKey } from '../key-provider.ts';
import { ANSWER_MS, ask } from './ask.ts';
import { keyOfProbe } from './probe.ts';

export interface TransitOptions {
  /** `https://host:port` of HashiCorp Vault, or of an agent of it. */
  readonly address: string;
  readonly mount: string;
  readonly key: string;
  /** Holds the token and nothing else but white space around it. Read again when the token is refused: an agent renews it. */
  readonly tokenFile: string;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

// A worker asks for 200 apps at once, each with a secret or two.
const CONNECTIONS = 32;
const MAX_ANSWER_BYTES = 65_536;
const MAX_TOKEN_CHARACTERS = 8192;

const CIPHERTEXT = /^vault:v(\d{1,9}):[A-Za-z0-9+/=]{1,2000}$/;
const encrypted = z.object({ data: z.object({ ciphertext: z.string().regex(CIPHERTEXT) }) });
const decrypted = z.object({ data: z.object({ plaintext: z.base64() }) });
const refused = z.object({ errors: z.array(z.string()) });
// The key was deleted, or min_decryption_version raised.
const NO_SUCH_KEY = /not found|disallowed/;

/**
 * A master key in the transit engine of HashiCorp Vault (1.13 or later, for `associated_data`) or OpenBao, over its HTTP API: there is no
 * official client for Node. What is wrapped says its version of the key, `vault:v<n>:…`, and so does the key id.
 * Source: developer.hashicorp.com/vault/api-docs/secret/transit, "Encrypt data" and "Decrypt data".
 */
export class TransitKeyProvider implements KeyProvider {
  private readonly pool: Pool;
  private readonly prefix: string;
  private token: Promise<string> | undefined;

  constructor(private readonly options: TransitOptions) {
    this.prefix = `transit:${options.mount}/${options.key}:v`;
    this.pool = new Pool(options.address, {
      connections: CONNECTIONS,
      maxResponseSize: MAX_ANSWER_BYTES,
      connectTimeout: ANSWER_MS,
      headersTimeout: ANSWER_MS,
      bodyTimeout: ANSWER_MS,
    });
  }

  currentKeyId(): Promise<string> {
    return keyOfProbe(this);
  }

  owns(keyId: string): boolean {
    return keyId.startsWith(this.prefix);
  }

  wrap(dataKey: Buffer, aad: Buffer): Promise<WrappedKey> {
    return ask(async () => {
      const { status, body } = await this.post('encrypt', {
        plaintext: dataKey.toString('base64'),
        associated_data: aad.toString('base64'),
      });
      if (status !== 200) throw new Error(`transit answered ${status} to encrypt`);
      const { ciphertext } = encrypted.parse(body).data;
      return { keyId: this.keyIdOf(ciphertext), bytes: Buffer.from(ciphertext) };
    });
  }

  unwrap({ keyId, bytes }: WrappedKey, aad: Buffer): Promise<Buffer> {
    return ask(async () => {
      const ciphertext = Buffer.from(bytes).toString('latin1');
      if (!CIPHERTEXT.test(ciphertext) || this.keyIdOf(ciphertext) !== keyId) throw new DecryptError('malformed');
      const { status, body } = await this.post('decrypt', { ciphertext, associated_data: aad.toString('base64') });
      if (status === 400) throw new DecryptError(isKeyGone(body) ? 'unknown_key' : 'not_authentic');
      if (status !== 200) throw new Error(`transit answered ${status} to decrypt`);
      return Buffer.from(decrypted.parse(body).data.plaintext, 'base64');
    });
  }

  close(): void {
    void this.pool.destroy();
  }

  private keyIdOf(ciphertext: string): string {
    return `${this.prefix}${CIPHERTEXT.exec(ciphertext)?.[1] ?? ''}`;
  }

  /** The answer, after a second try with the file's token when the one in memory is refused. */
  private async post(operation: 'encrypt' | 'decrypt', body: Readonly<Record<string, string>>): Promise<Answer> {
    const token = (this.token ??= this.readToken());
    const answer = await this.postAs(await token, operation, body);
    if (answer.status !== 403) return answer;
    if (this.token === token) this.token = this.readToken();
    return await this.postAs(await (this.token ??= this.readToken()), operation, body);
  }

  private async postAs(token: string, operation: string, body: Readonly<Record<string, string>>): Promise<Answer> {
    const { mount, key } = this.options;
    const response = await this.pool.request({
      method: 'POST',
      path: `/v1/${mount}/${operation}/${key}`,
      // An agent of Vault may insist on the last one, which a forged request (SSRF) has not.
      headers: { 'content-type': 'application/json', 'x-vault-token': token, 'x-vault-request': 'true' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    return { status: response.statusCode, body: await response.body.json().catch(() => undefined) };
  }

  private async readToken(): Promise<string> {
    try {
      const token = (await readFile(this.options.tokenFile, 'latin1')).trim();
      if (token === '' || token.length > MAX_TOKEN_CHARACTERS || /[^\x21-\x7e]/.test(token))
        throw new Error('the token file holds no token');
      return token;
    } catch (error) {
      // Not kept: the file may come later.
      this.token = undefined;
      throw error;
    }
  }
}

function isKeyGone(body: unknown): boolean {
  const parsed = refused.safeParse(body);
  return parsed.success && parsed.data.errors.some((error) => NO_SUCH_KEY.test(error));
}
