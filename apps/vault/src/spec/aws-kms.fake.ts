import { bytesOf, FakeKey, type JsonAnswer, type JsonCall, type KmsFake, startJsonServer } from './kms.fake.ts';

export const AWS_REGION = 'eu-central-1';
export const AWS_CREDENTIALS = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'not-a-real-secret' };

const SIGNED = new RegExp(
  `^AWS4-HMAC-SHA256 Credential=${AWS_CREDENTIALS.accessKeyId}/\\d{8}/${AWS_REGION}/kms/aws4_request, SignedHeaders=`,
);

/** The ARN of one of the fake's keys, which are there as soon as they are asked for. */
export function awsKeyArn(name: string): string {
  return `arn:aws:kms:${AWS_REGION}:123456789012:key/${name}`;
}

/** A fake of AWS KMS: AWS JSON 1.1, Encrypt and Decrypt. Signatures are looked at and not verified. */
export async function startAwsKmsFake(): Promise<KmsFake> {
  const keys = new Map<string, FakeKey>();
  const fake = { mode: 'well' as KmsFake['mode'], calls: [] as string[] };
  const answer = ({ request, body }: JsonCall): JsonAnswer | undefined => {
    const [, operation = ''] = /^TrentService\.(\w+)$/.exec(String(request.headers['x-amz-target'])) ?? [];
    fake.calls.push(operation);
    if (fake.mode === 'hanging') return undefined;
    if (fake.mode === 'refusing') return failure('AccessDeniedException');
    if (!SIGNED.test(request.headers.authorization ?? '')) return failure('MissingAuthenticationTokenException');
    const arn = String(body['KeyId']);
    const key = keys.get(arn) ?? new FakeKey();
    keys.set(arn, key);
    return operation === 'Encrypt' ? encrypted(key, arn, body) : decrypted(keys, arn, body);
  };
  const { url, stop } = await startJsonServer('application/x-amz-json-1.1', answer);
  const rotate = (): void => {
    for (const key of keys.values()) key.rotate();
  };
  return Object.assign(fake, { url, stop, rotate });
}

type Body = JsonCall['body'];

/** The blob names its key and version, as KMS's own does in a form of its own. */
function encrypted(key: FakeKey, arn: string, body: Body): JsonAnswer {
  const blob = Buffer.concat([Buffer.of(key.version, arn.length), Buffer.from(arn), key.seal(bytesOf(body, 'Plaintext'), contextOf(body))]);
  return { status: 200, body: { CiphertextBlob: blob.toString('base64'), KeyId: arn, EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' } };
}

function decrypted(keys: ReadonlyMap<string, FakeKey>, arn: string, body: Body): JsonAnswer {
  const blob = bytesOf(body, 'CiphertextBlob');
  const [version = 0, length = 0] = blob;
  const wrappedBy = blob.toString('latin1', 2, 2 + length);
  const key = keys.get(wrappedBy);
  if (key === undefined) return failure('InvalidCiphertextException');
  if (wrappedBy !== arn) return failure('IncorrectKeyException');
  const plaintext = key.open(version, blob.subarray(2 + length), contextOf(body));
  if (plaintext === undefined) return failure('InvalidCiphertextException');
  return { status: 200, body: { Plaintext: plaintext.toString('base64'), KeyId: arn, EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' } };
}

function contextOf(body: Body): Buffer {
  return Buffer.from(JSON.stringify(Object.entries(body['EncryptionContext'] ?? {}).sort()));
}

function failure(type: string): JsonAnswer {
  return { status: 400, body: { __type: type, message: 'as the fake says' } };
}
