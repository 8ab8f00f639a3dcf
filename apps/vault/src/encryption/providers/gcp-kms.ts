import type { KeyManagementServiceClient } from '@google-cloud/kms';
import { credentials } from '@grpc/grpc-js';
import { crc32c } from '@hookwright/kafka';
import { DecryptError } from '../decrypt-error.ts';
import type { KeyProvider, WrappedKey } from '../key-provider.ts';
import { ANSWER_MS, ask } from './ask.ts';
import { keyOfProbe } from './probe.ts';

export interface GcpKmsOptions {
  /** `projects/…/locations/…/keyRings/…/cryptoKeys/…`, of a symmetric key. */
  readonly cryptoKey: string;
  /** In place of Google's own, e.g. of Private Service Connect. With http: no TLS and no credentials. */
  readonly endpoint?: string | undefined;
}

// Within the time of an answer the client tries again by itself when Google is unavailable.
const CALL = { timeout: ANSWER_MS };
// google.rpc.Code
const INVALID_ARGUMENT = 3;
const HTTPS_PORT = 443;
const HTTP_PORT = 80;

/**
 * A master key in Google Cloud KMS, by its official client, which finds its credentials by itself (Application Default Credentials). Checksums
 * are compared in both directions, as Google asks for. The key id has the version that wrapped; versions may be rotated by Google on its own.
 * Source: cloud.google.com/kms/docs/reference/rpc/google.cloud.kms.v1, Encrypt and Decrypt.
 */
export class GcpKmsKeyProvider implements KeyProvider {
  private readonly prefix: string;

  private constructor(
    private readonly cryptoKey: string,
    private readonly client: KeyManagementServiceClient,
  ) {
    this.prefix = `gcp-kms:${cryptoKey}/cryptoKeyVersions/`;
  }

  /** Contacts nobody. The client is loaded here, so that only those who use it pay for it. */
  static async open({ cryptoKey, endpoint }: GcpKmsOptions): Promise<GcpKmsKeyProvider> {
    const { KeyManagementServiceClient } = await import('@google-cloud/kms');
    return new GcpKmsKeyProvider(cryptoKey, new KeyManagementServiceClient(endpoint === undefined ? {} : clientOptions(endpoint)));
  }

  currentKeyId(): Promise<string> {
    return keyOfProbe(this);
  }

  owns(keyId: string): boolean {
    return keyId.startsWith(this.prefix);
  }

  wrap(dataKey: Buffer, aad: Buffer): Promise<WrappedKey> {
    return ask(async () => {
      const checks = { plaintextCrc32c: checksum(dataKey), additionalAuthenticatedDataCrc32c: checksum(aad) };
      const request = { name: this.cryptoKey, plaintext: dataKey, additionalAuthenticatedData: aad, ...checks };
      const [answer] = await this.client.encrypt(request, CALL);
      if (answer.verifiedPlaintextCrc32c !== true || answer.verifiedAdditionalAuthenticatedDataCrc32c !== true) throw corrupted('Encrypt');
      const bytes = checked(answer.ciphertext, answer.ciphertextCrc32c, 'Encrypt');
      const keyId = `gcp-kms:${answer.name ?? ''}`;
      if (!this.owns(keyId)) throw new Error('KMS answered Encrypt for another key');
      return { keyId, bytes };
    });
  }

  unwrap({ keyId, bytes }: WrappedKey, aad: Buffer): Promise<Buffer> {
    return ask(async () => {
      if (!this.owns(keyId)) throw new DecryptError('unknown_key');
      const checks = { ciphertextCrc32c: checksum(bytes), additionalAuthenticatedDataCrc32c: checksum(aad) };
      const request = { name: this.cryptoKey, ciphertext: bytes, additionalAuthenticatedData: aad, ...checks };
      try {
        const [answer] = await this.client.decrypt(request, CALL);
        return checked(answer.plaintext, answer.plaintextCrc32c, 'Decrypt');
      } catch (error) {
        // A ciphertext that was changed, has another aad, or is another key's.
        if ((error as { code?: unknown }).code === INVALID_ARGUMENT) throw new DecryptError('not_authentic');
        throw error;
      }
    });
  }

  close(): void {
    void this.client.close().catch(() => undefined);
  }
}

interface Checksum {
  readonly value?: unknown;
}

function checksum(bytes: Uint8Array): { value: number } {
  return { value: crc32c(bytes, 0, bytes.length) };
}

function checked(bytes: Uint8Array | string | null | undefined, expected: Checksum | null | undefined, call: string): Buffer {
  if (!(bytes instanceof Uint8Array) || Number(expected?.value) !== checksum(bytes).value) throw corrupted(call);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function corrupted(call: string): Error {
  return new Error(`${call} was corrupted on its way to or from KMS`);
}

function clientOptions(endpoint: string): NonNullable<ConstructorParameters<typeof KeyManagementServiceClient>[0]> {
  const { protocol, hostname, port } = new URL(endpoint);
  const at = { apiEndpoint: hostname, port: Number(port) || (protocol === 'http:' ? HTTP_PORT : HTTPS_PORT) };
  // The universe is named, or the client would look for credentials to learn it.
  return protocol === 'http:' ? { ...at, sslCreds: credentials.createInsecure(), universeDomain: 'googleapis.com' } : at;
}
