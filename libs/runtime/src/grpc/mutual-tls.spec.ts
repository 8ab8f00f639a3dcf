import { type ChannelCredentials, credentials } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { VaultService } from '@hookwright/contracts';
import { TestAuthority, eventually, freePort } from '@hookwright/testkit';
import { Problem } from '../problem/problem.ts';
import { buildLibrary, type ServiceProcess, startService } from '../spec/service-process.ts';
import { type PromiseClient, grpcClient } from './grpc-client.ts';
import { PLAIN } from './grpc-credentials.ts';

let authority: TestAuthority;
let address: string;
let service: ServiceProcess;
const clients: PromiseClient<typeof VaultService>[] = [];

function callerWith(channel: ChannelCredentials): PromiseClient<typeof VaultService> {
  const client = grpcClient(VaultService, address, { timeoutMs: 1500, credentials: channel });
  clients.push(client);
  return client;
}

function shown({ subjects, days = 2 }: { subjects: string; days?: number }, signedBy = authority): ChannelCredentials {
  const { key, cert } = signedBy.issue({ name: 'caller', subjects, days });
  return credentials.createSsl(Buffer.from(authority.pem), key, cert);
}

async function codeOf(call: Promise<unknown>): Promise<string> {
  const outcome: unknown = await call.then(
    () => 'answered',
    (error: unknown) => (error instanceof Problem ? error.code : error),
  );
  if (typeof outcome === 'string') return outcome;
  throw outcome;
}

const readSecrets = (client: PromiseClient<typeof VaultService>): Promise<string> =>
  codeOf(client.getSigningSecrets({ appIds: ['app_1'] }));
const makeSecret = (client: PromiseClient<typeof VaultService>): Promise<string> => codeOf(client.createSecret({ appId: 'app_1' }));

beforeAll(async () => {
  buildLibrary();
  authority = new TestAuthority();
  const { ca, cert, key } = authority.issue({ name: 'vault', subjects: 'DNS:vault' }).files;
  const ports = { http: await freePort(), grpc: await freePort() };
  const tls = { GRPC_TLS: 'on', GRPC_TLS_CA_FILE: ca, GRPC_TLS_CERT_FILE: cert, GRPC_TLS_KEY_FILE: key };
  service = startService(ports, tls);
  address = `127.0.0.1:${ports.grpc}`;
  await eventually(() => expect(service.output()).toContain('vault.started'));
}, 120_000);
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});
afterAll(async () => {
  service.child.kill('SIGKILL');
  await service.ended;
  authority.remove();
});

describe('a service that speaks TLS', () => {
  it('answers a caller that may call, whatever the address is called', async () => {
    expect(await readSecrets(callerWith(shown({ subjects: 'DNS:delivery' })))).toBe('answered');
    expect(await makeSecret(callerWith(shown({ subjects: 'DNS:gateway.hookwright.svc,DNS:gateway' })))).toBe('answered');
  });

  it('refuses a caller that may not, as a bug of its own', async () => {
    expect(await readSecrets(callerWith(shown({ subjects: 'DNS:gateway' })))).toBe('internal_error');
    expect(await makeSecret(callerWith(shown({ subjects: 'DNS:delivery' })))).toBe('internal_error');
    await eventually(() => expect(service.output()).toContain('grpc.caller_refused'));
    const line = service
      .output()
      .split('\n')
      .find((text) => text.includes('grpc.caller_refused'));
    expect(JSON.parse(line ?? '')).toMatchObject({ method: '/vault.v1.VaultService/GetSigningSecrets', caller: 'DNS:gateway' });
  });

  it.each([
    ['by its subject only', 'IP:127.0.0.1,DNS:other'],
    ['by a wildcard', 'DNS:*,DNS:deliver*,DNS:*.svc'],
    ['by a name that begins with it', 'DNS:delivery.example'],
    ['by a URI', 'URI:delivery'],
    ['by an e-mail address', 'email:delivery@delivery'],
  ])('refuses a caller that is named %s', async (_name, subjects) => {
    expect(await readSecrets(callerWith(shown({ subjects })))).toBe('internal_error');
  });

  it.each<[string, () => ChannelCredentials]>([
    ['in clear', () => PLAIN.channel],
    ['without a certificate', () => credentials.createSsl(Buffer.from(authority.pem))],
    ['with one that ran out', () => shown({ subjects: 'DNS:delivery', days: -1 })],
    ['with one of another authority', () => shownByAnother()],
    ['with one that it signed itself', () => selfSigned()],
  ])('speaks with nobody %s', async (_name, channel) => {
    expect(await readSecrets(callerWith(channel()))).toBe('service_unavailable');
  });

  it('tells Prometheus when its certificate expires', async () => {
    const text = await (await fetch(`${service.url}/metrics`)).text();
    const seconds = Number(/^hookwright_grpc_certificate_expiry_timestamp_seconds (\S+)$/m.exec(text)?.[1]);
    expect(seconds * 1000 - Date.now()).toBeGreaterThan(86_400_000);
  });

  it('is not spoken to by a caller that trusts another authority', async () => {
    const other = new TestAuthority();
    const { key, cert } = authority.issue({ name: 'caller', subjects: 'DNS:delivery' });
    expect(await readSecrets(callerWith(credentials.createSsl(Buffer.from(other.pem), key, cert)))).toBe('service_unavailable');
    other.remove();
  });

  it('does not start with files that cannot be used, and says why', async () => {
    const { ca, cert, key } = authority.issue({ name: 'gateway', subjects: 'DNS:gateway' }).files;
    const tls = { GRPC_TLS: 'on', GRPC_TLS_CA_FILE: ca, GRPC_TLS_CERT_FILE: cert, GRPC_TLS_KEY_FILE: key };
    const other = startService({ http: 0, grpc: 0 }, tls);
    expect((await other.ended).code).toBe(1);
    await eventually(() => expect(other.output()).toContain(`GRPC_TLS: ${cert} is not for the DNS name vault`));
  });
});

function shownByAnother(): ChannelCredentials {
  const other = new TestAuthority();
  const channel = shown({ subjects: 'DNS:delivery' }, other);
  other.remove();
  return channel;
}

function selfSigned(): ChannelCredentials {
  const { key, cert } = authority.selfSigned({ name: 'self', subjects: 'DNS:delivery' });
  return credentials.createSsl(Buffer.from(authority.pem), key, cert);
}
