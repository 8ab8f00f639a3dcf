import type { MessageInitShape } from '@bufbuild/protobuf';
import type { SecretInfoSchema, SigningSecretSchema } from '@hookwright/contracts';
import { toScheme } from './scheme.ts';
import type { SecretRow } from './secrets.repository.ts';
import type { OpenedSecret } from './signing-secrets.service.ts';

export function toSecretInfo(row: SecretRow): MessageInitShape<typeof SecretInfoSchema> {
  return {
    id: row.id,
    appId: row.appId,
    scheme: toScheme(row.scheme),
    prefix: row.prefix,
    createdAtMs: BigInt(row.createdAt.getTime()),
    ...(row.expiresAt === null ? {} : { expiresAtMs: BigInt(row.expiresAt.getTime()) }),
    ...(row.lastUsedAt === null ? {} : { lastUsedAtMs: BigInt(row.lastUsedAt.getTime()) }),
    createdBy: row.createdBy,
    reason: row.reason,
    ...(row.publicKey === null ? {} : { publicKey: row.publicKey }),
  };
}

export function toSigningSecret({ id, scheme, key, expiresAt }: OpenedSecret): MessageInitShape<typeof SigningSecretSchema> {
  // protobuf-es wants a view of an ArrayBuffer; a Buffer may be one of a shared pool.
  return {
    id,
    scheme: toScheme(scheme),
    key: new Uint8Array(key),
    ...(expiresAt === null ? {} : { expiresAtMs: BigInt(expiresAt.getTime()) }),
  };
}
