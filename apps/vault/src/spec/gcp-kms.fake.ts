import { protos } from '@google-cloud/kms';
import { type handleUnaryCall, type MethodDefinition, Server, ServerCredentials, status, type ServiceError } from '@grpc/grpc-js';
import { crc32c } from '@hookwright/kafka';
import { FakeKey, type KmsFake } from './kms.fake.ts';

export const GCP_CRYPTO_KEY = 'projects/shop-1/locations/europe-west3/keyRings/hookwright/cryptoKeys/master';

const { EncryptRequest, EncryptResponse, DecryptRequest, DecryptResponse } = protos.google.cloud.kms.v1;

export interface GcpKmsFake extends KmsFake {
  /** What happens to an answer, or to what it says of the request, on its way. */
  corruption: 'none' | 'answer' | 'unverified';
}

interface Codec<Message> {
  encode(message: Message): { finish(): Uint8Array };
  decode(bytes: Uint8Array): Message;
}

/** A fake of Google Cloud KMS with one key: the gRPC methods Encrypt and Decrypt, in the client's own messages. */
export async function startGcpKmsFake(): Promise<GcpKmsFake> {
  const key = new FakeKey();
  const fake = { mode: 'well' as KmsFake['mode'], corruption: 'none' as GcpKmsFake['corruption'], calls: [] as string[] };
  const server = new Server();
  /** A method that answers what `answer` returns, or with the status that it throws. */
  const unary = <Request, Response>(name: string, answer: (request: Request) => Response): handleUnaryCall<Request, Response> => {
    return (call, callback) => {
      fake.calls.push(name);
      if (fake.mode === 'hanging') return;
      if (fake.mode === 'refusing') {
        callback(failure(status.PERMISSION_DENIED, 'Permission denied on resource'));
        return;
      }
      try {
        callback(null, answer(call.request));
      } catch (error) {
        callback(error as ServiceError);
      }
    };
  };
  server.addService(
    { Encrypt: method('Encrypt', EncryptRequest, EncryptResponse), Decrypt: method('Decrypt', DecryptRequest, DecryptResponse) },
    {
      Encrypt: unary('Encrypt', (request: InstanceType<typeof EncryptRequest>) => encrypted(key, request, fake.corruption)),
      Decrypt: unary('Decrypt', (request: InstanceType<typeof DecryptRequest>) => decrypted(key, request, fake.corruption)),
    },
  );
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
    if (error === null) resolve(port);
    else reject(error);
  });
  const url = `http://127.0.0.1:${await promise}`;
  const stop = (): Promise<void> => {
    server.forceShutdown();
    return Promise.resolve();
  };
  return Object.assign(fake, { url, stop, rotate: () => key.rotate() });
}

function method<Request, Response>(name: string, request: Codec<Request>, response: Codec<Response>): MethodDefinition<Request, Response> {
  return {
    path: `/google.cloud.kms.v1.KeyManagementService/${name}`,
    requestStream: false,
    responseStream: false,
    requestSerialize: (message) => Buffer.from(request.encode(message).finish()),
    requestDeserialize: (bytes) => request.decode(bytes),
    responseSerialize: (message) => Buffer.from(response.encode(message).finish()),
    responseDeserialize: (bytes) => response.decode(bytes),
  };
}

function encrypted(
  key: FakeKey,
  request: InstanceType<typeof EncryptRequest>,
  corruption: GcpKmsFake['corruption'],
): InstanceType<typeof EncryptResponse> {
  const [plaintext, aad] = [Buffer.from(request.plaintext), Buffer.from(request.additionalAuthenticatedData)];
  refuseUnless(request.name === GCP_CRYPTO_KEY, status.NOT_FOUND, 'CryptoKey not found');
  refuseUnless(isWhole(plaintext, request.plaintextCrc32c), status.INVALID_ARGUMENT, 'checksum');
  refuseUnless(isWhole(aad, request.additionalAuthenticatedDataCrc32c), status.INVALID_ARGUMENT, 'checksum');
  const ciphertext = Buffer.concat([Buffer.of(key.version), key.seal(plaintext, aad)]);
  return EncryptResponse.create({
    name: `${GCP_CRYPTO_KEY}/cryptoKeyVersions/${key.version}`,
    ciphertext: corruption === 'answer' ? flipped(ciphertext) : ciphertext,
    ciphertextCrc32c: { value: checksum(ciphertext) },
    verifiedPlaintextCrc32c: corruption !== 'unverified',
    verifiedAdditionalAuthenticatedDataCrc32c: true,
  });
}

function decrypted(
  key: FakeKey,
  request: InstanceType<typeof DecryptRequest>,
  corruption: GcpKmsFake['corruption'],
): InstanceType<typeof DecryptResponse> {
  const [ciphertext, aad] = [Buffer.from(request.ciphertext), Buffer.from(request.additionalAuthenticatedData)];
  refuseUnless(request.name === GCP_CRYPTO_KEY, status.NOT_FOUND, 'CryptoKey not found');
  refuseUnless(isWhole(ciphertext, request.ciphertextCrc32c), status.INVALID_ARGUMENT, 'checksum');
  const plaintext = key.open(ciphertext[0] ?? 0, ciphertext.subarray(1), aad);
  if (plaintext === undefined)
    throw failure(status.INVALID_ARGUMENT, "Decryption failed: verify that 'name' refers to the correct CryptoKey.");
  return DecryptResponse.create({
    plaintext: corruption === 'answer' ? flipped(plaintext) : plaintext,
    plaintextCrc32c: { value: checksum(plaintext) },
    usedPrimary: ciphertext[0] === key.version,
  });
}

function checksum(bytes: Uint8Array): number {
  return crc32c(bytes, 0, bytes.length);
}

function isWhole(bytes: Uint8Array, expected: { value?: unknown } | null | undefined): boolean {
  return Number(expected?.value) === checksum(bytes);
}

function flipped(bytes: Buffer): Buffer {
  const changed = Buffer.from(bytes);
  changed[5] = (changed[5] ?? 0) ^ 1;
  return changed;
}

function refuseUnless(holds: boolean, code: status, details: string): void {
  if (!holds) throw failure(code, details);
}

function failure(code: status, details: string): Partial<ServiceError> & Error {
  return Object.assign(new Error(details), { code, details });
}
