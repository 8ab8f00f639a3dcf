import fs from 'node:fs';
import { connect } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { VaultService } from '@hookwright/contracts';
import { type IssuedCertificate, TestAuthority } from '@hookwright/testkit';
import { type Logger, pino } from 'pino';
import { startTlsVault, type TlsVault } from '../spec/tls-vault.ts';
import { type CertificateFiles, readCertificates } from './certificates.ts';
import { type PromiseClient, grpcClient } from './grpc-client.ts';
import { tlsCredentials } from './grpc-credentials.ts';
import { RenewedCertificates } from './renewed-certificates.ts';

let authority: TestAuthority;
let lines: Record<string, unknown>[];
let logger: Logger;
let vaultFiles: CertificateFiles;
let ofVault: RenewedCertificates;
let ofGateway: RenewedCertificates;
let vault: TlsVault;
const clients: PromiseClient<typeof VaultService>[] = [];

async function open(files: CertificateFiles, service: string): Promise<RenewedCertificates> {
  const read = (): ReturnType<typeof readCertificates> => readCertificates(files, service);
  const first = await read();
  if (!first.ok) throw new Error(first.reason);
  return new RenewedCertificates(first.certificates, read, logger);
}

/** Writes a service's files anew, as whoever renews certificates does. */
function renewFiles(files: CertificateFiles, service: string, signedBy = authority): void {
  const { cert, key } = signedBy.issue({ name: `${service}-new`, subjects: `DNS:${service}` });
  fs.writeFileSync(files.cert, cert);
  fs.writeFileSync(files.key, key);
}

function newClient(): PromiseClient<typeof VaultService> {
  const client = grpcClient(VaultService, vault.address, { timeoutMs: 1500, credentials: tlsCredentials(ofGateway).channel });
  clients.push(client);
  return client;
}

/** Whether the vault speaks with who shows this certificate on a new connection: clients of one process share theirs. */
async function letsIn({ cert, key }: IssuedCertificate): Promise<boolean> {
  const [host, port] = vault.address.split(':');
  const ca = fs.readFileSync(vaultFiles.ca, 'utf8');
  const socket = connect({ host, port: Number(port), servername: 'vault', ca, cert, key, ALPNProtocols: ['h2'] });
  try {
    // HTTP/2 begins with the server's settings; a certificate that is refused ends the connection (RFC 8446, 4.4.2.4).
    return await new Promise((resolve) => {
      socket.once('data', () => resolve(true));
      for (const event of ['error', 'close']) socket.once(event, () => resolve(false));
    });
  } finally {
    socket.destroy();
  }
}

/** The serial number of the certificate that a new connection is shown. */
async function serialShown(): Promise<string> {
  const [host, port] = vault.address.split(':');
  const { cert, key } = authority.issue({ name: 'onlooker', subjects: 'DNS:gateway' });
  return await new Promise((resolve, reject) => {
    const options = { host, port: Number(port), servername: 'vault', ca: authority.pem, cert, key, ALPNProtocols: ['h2'] };
    const socket = connect(options, () => {
      resolve(socket.getPeerCertificate().serialNumber);
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

beforeEach(async () => {
  authority = new TestAuthority();
  lines = [];
  logger = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) });
  vaultFiles = authority.issue({ name: 'vault', subjects: 'DNS:vault' }).files;
  ofVault = await open(vaultFiles, 'vault');
  ofGateway = await open(authority.issue({ name: 'gateway', subjects: 'DNS:gateway' }).files, 'gateway');
  vault = await startTlsVault(tlsCredentials(ofVault).server);
});
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
  vault.stop();
  authority.remove();
});

describe('certificates that are renewed', () => {
  it('are shown to new connections, and open ones go on', async () => {
    const client = newClient();
    await client.listSecrets({ appIds: [] });
    const before = await serialShown();
    renewFiles(vaultFiles, 'vault');
    await ofVault.renew();
    expect(await serialShown()).not.toBe(before);
    await client.listSecrets({ appIds: [] });
    await newClient().listSecrets({ appIds: [] });
    expect(lines.map(({ msg }) => msg)).toEqual(['grpc.certificates_renewed']);
  });

  it('stay what they were while the files do not fit together, which is said once', async () => {
    const before = await serialShown();
    const key = fs.readFileSync(vaultFiles.key);
    renewFiles(vaultFiles, 'vault');
    const renewedKey = fs.readFileSync(vaultFiles.key);
    fs.writeFileSync(vaultFiles.key, key);
    await ofVault.renew();
    await ofVault.renew();
    expect(await serialShown()).toBe(before);
    expect(lines.map(({ msg }) => msg)).toEqual(['grpc.certificates_unusable']);
    fs.writeFileSync(vaultFiles.key, renewedKey);
    await ofVault.renew();
    expect(await serialShown()).not.toBe(before);
  });

  it('are not renewed when nothing was written', async () => {
    await ofVault.renew();
    expect(lines).toEqual([]);
  });

  it('can have another authority, once everybody trusts both', async () => {
    const next = new TestAuthority();
    fs.appendFileSync(vaultFiles.ca, next.pem);
    await ofVault.renew();
    await ofGateway.renew();
    renewFiles(vaultFiles, 'vault', next);
    await ofVault.renew();
    await newClient().listSecrets({ appIds: [] });
    const [of, later] = [authority, next].map((signedBy) => signedBy.issue({ name: 'gateway', subjects: 'DNS:gateway' }));
    expect([await letsIn(of!), await letsIn(later!)]).toEqual([true, true]);
    fs.writeFileSync(vaultFiles.ca, next.pem);
    await ofVault.renew();
    expect([await letsIn(of!), await letsIn(later!)]).toEqual([false, true]);
    next.remove();
  });
});

describe('a connection that has reached its age', () => {
  it('is replaced without a call that fails', async () => {
    const aging = await startTlsVault(tlsCredentials(ofVault).server, { 'grpc.max_connection_age_ms': 100 });
    const client = grpcClient(VaultService, aging.address, { timeoutMs: 1500, credentials: tlsCredentials(ofGateway).channel });
    const untilMs = Date.now() + 1500;
    let calls = 0;
    while (Date.now() < untilMs) {
      await Promise.all(Array.from({ length: 8 }, () => client.listSecrets({ appIds: [] })));
      calls += 8;
    }
    expect(calls).toBeGreaterThan(100);
    client.close();
    aging.stop();
  });
});
