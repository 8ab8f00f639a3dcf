import type { KMSClient, KMSClientConfig } from '@aws-sdk/client-kms';
import { DecryptError, type DecryptFailure } from '../decrypt-error.ts';
import type { KeyProvider, WrappedKey } from '../key-provider.ts';
import { ANSWER_MS, ask } from './ask.ts';
import { keyOfProbe } from './probe.ts';

export interface AwsKmsOptions {
  /** Of a symmetric key (SYMMETRIC_DEFAULT). */
  readonly arn: string;
  readonly region: string;
  /** In place of the region's own, e.g. of a VPC. */
  readonly endpoint?: string | undefined;
  /** In place of where AWS's client looks: its variables, its files, the machine's role. */
  readonly credentials?: KMSClientConfig['credentials'];
}

type AwsKms = typeof import('@aws-sdk/client-kms');

/** What KMS says of a ciphertext that will never open; everything else may be over in a moment, or is the key's policy. */
const FAILURES: Readonly<Record<string, DecryptFailure>> = {
  InvalidCiphertextException: 'not_authentic',
  IncorrectKeyException: 'unknown_key',
};

/**
 * A master key in AWS KMS, by its official client. `aad` is the encryption context, which CloudTrail shows: ids, no secret. When AWS rotates
 * the key's material the key id stays, and KMS opens what the older material wrapped.
 * Source: docs.aws.amazon.com/kms/latest/APIReference, Encrypt and Decrypt.
 */
export class AwsKmsKeyProvider implements KeyProvider {
  private readonly keyId: string;

  private constructor(
    private readonly arn: string,
    private readonly kms: AwsKms,
    private readonly client: KMSClient,
  ) {
    this.keyId = `aws-kms:${arn}`;
  }

  /** Contacts nobody. The client is loaded here, so that only those who use it pay for it. */
  static async open({ arn, region, endpoint, credentials }: AwsKmsOptions): Promise<AwsKmsKeyProvider> {
    const kms = await import('@aws-sdk/client-kms');
    const client = new kms.KMSClient({
      region,
      ...(endpoint !== undefined && { endpoint }),
      ...(credentials !== undefined && { credentials }),
    });
    return new AwsKmsKeyProvider(arn, kms, client);
  }

  currentKeyId(): Promise<string> {
    return keyOfProbe(this);
  }

  owns(keyId: string): boolean {
    return keyId === this.keyId;
  }

  wrap(dataKey: Buffer, aad: Buffer): Promise<WrappedKey> {
    return ask(async () => {
      const command = new this.kms.EncryptCommand({ KeyId: this.arn, Plaintext: dataKey, EncryptionContext: contextOf(aad) });
      const { CiphertextBlob: bytes } = await this.client.send(command, { abortSignal: AbortSignal.timeout(ANSWER_MS) });
      if (bytes === undefined) throw new Error('KMS answered Encrypt without a ciphertext');
      return { keyId: this.keyId, bytes };
    });
  }

  unwrap({ keyId, bytes }: WrappedKey, aad: Buffer): Promise<Buffer> {
    return ask(async () => {
      if (!this.owns(keyId)) throw new DecryptError('unknown_key');
      // The key's name is required: without it KMS would open what any key had wrapped that these credentials may use.
      const command = new this.kms.DecryptCommand({ KeyId: this.arn, CiphertextBlob: bytes, EncryptionContext: contextOf(aad) });
      try {
        const { Plaintext: dataKey } = await this.client.send(command, { abortSignal: AbortSignal.timeout(ANSWER_MS) });
        if (dataKey === undefined) throw new Error('KMS answered Decrypt without a plaintext');
        return Buffer.from(dataKey.buffer, dataKey.byteOffset, dataKey.byteLength);
      } catch (error) {
        const failure = FAILURES[(error as Error).name];
        if (failure !== undefined) throw new DecryptError(failure);
        throw error;
      }
    });
  }

  close(): void {
    this.client.destroy();
  }
}

function contextOf(aad: Buffer): Record<string, string> {
  return { hookwright: aad.toString('base64') };
}
