import { Server, ServerCredentials, type UntypedServiceImplementation, status } from '@grpc/grpc-js';
import type { MessageInitShape } from '@bufbuild/protobuf';
import {
  type GetSigningSecretsRequest,
  type GetSigningSecretsResponseSchema,
  Scheme,
  type SigningSecretSchema,
  VaultService,
} from '@hookwright/contracts';
import { packageDefinition } from '@hookwright/runtime';
import { formatSecret, generateKeyPair, generateSecret } from '@hookwright/signing';

interface Secret {
  readonly id: string;
  readonly key: Buffer;
  readonly scheme: Scheme;
  readonly expiresAtMs: number | undefined;
}

type Reply = (error: { code: status } | null, response?: MessageInitShape<typeof GetSigningSecretsResponseSchema>) => void;

/** A gRPC VaultService with one method: the vault itself is another process, tried together in e2e/. */
export class VaultServer {
  readonly secrets = new Map<string, Secret[]>();
  calls = 0;
  private server = new Server();

  async listen(port = 0): Promise<number> {
    const methods = packageDefinition(VaultService)[VaultService.typeName];
    if (methods === undefined) throw new Error('no VaultService');
    const unimplemented = (_call: unknown, reply: Reply): void => reply({ code: status.UNIMPLEMENTED });
    const handlers: UntypedServiceImplementation = Object.fromEntries(Object.keys(methods).map((name) => [name, unimplemented]));
    handlers['GetSigningSecrets'] = (call: { request: GetSigningSecretsRequest }, reply: Reply) => this.answer(call.request, reply);
    this.server.addService(methods, handlers);
    return await new Promise((resolve, reject) => {
      this.server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, bound) => {
        if (error === null) resolve(bound);
        else reject(error);
      });
    });
  }

  /** A new secret in front of the app's others; returns its text. */
  add(appId: string, { id, expiresAtMs }: { id: string; expiresAtMs?: number }): string {
    const { key } = generateSecret();
    this.secrets.set(appId, [{ id, key, scheme: Scheme.V1, expiresAtMs }, ...(this.secrets.get(appId) ?? [])]);
    return formatSecret(key);
  }

  /** The same with a key pair; returns the public key. */
  addKeyPair(appId: string, id: string): Buffer {
    const { seed: key, publicKey } = generateKeyPair();
    this.secrets.set(appId, [{ id, key, scheme: Scheme.V1A, expiresAtMs: undefined }, ...(this.secrets.get(appId) ?? [])]);
    return publicKey;
  }

  close(): void {
    this.server.forceShutdown();
    this.server = new Server();
  }

  private answer({ appIds }: GetSigningSecretsRequest, reply: Reply): void {
    this.calls++;
    reply(null, { apps: appIds.map((appId) => ({ appId, secrets: this.secretsOf(appId) })) });
  }

  private secretsOf(appId: string): MessageInitShape<typeof SigningSecretSchema>[] {
    return (this.secrets.get(appId) ?? []).map(({ id, key, scheme, expiresAtMs }) => ({
      id,
      key,
      scheme,
      ...(expiresAtMs === undefined ? {} : { expiresAtMs: BigInt(expiresAtMs) }),
    }));
  }
}
