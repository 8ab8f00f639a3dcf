import type { experimental } from '@grpc/grpc-js';
import type { Logger } from 'pino';
import type { Certificates, ReadCertificates } from './certificates.ts';

// Three small files; whoever renews certificates does so days before their end.
const RENEW_MS = 30_000;

/**
 * The certificates that new connections are made with: those of the files, read again every 30 s. What cannot be used, such as a key whose
 * certificate is still to be written, is not taken: the last good ones stay. (grpc-js' own watcher of files would drop them, and refuse
 * every connection until the next look.)
 */
export class RenewedCertificates implements experimental.CertificateProvider {
  private readonly caListeners = new Set<experimental.CaCertificateUpdateListener>();
  private readonly identityListeners = new Set<experimental.IdentityCertificateUpdateListener>();
  private complaint: string | undefined;

  constructor(
    private current: Certificates,
    private readonly read: () => Promise<ReadCertificates>,
    private readonly logger: Logger,
  ) {}

  /** Until the process ends, which this does not keep alive. */
  watch(): void {
    setInterval(() => void this.renew(), RENEW_MS).unref();
  }

  get expiresAt(): Date {
    return this.current.expiresAt;
  }

  /** Takes what the files hold now. */
  async renew(): Promise<void> {
    const read = await this.read();
    if (!read.ok) {
      this.complain(read.reason);
      return;
    }
    this.complaint = undefined;
    if (isSame(read.certificates, this.current)) return;
    this.current = read.certificates;
    this.logger.info({ expires_at: this.expiresAt }, 'grpc.certificates_renewed');
    for (const listener of this.identityListeners) listener(this.identity);
    for (const listener of this.caListeners) listener(this.ca);
  }

  // Listeners are told of the present ones afterwards: a server has no watcher yet while it begins to listen.
  addCaCertificateListener(listener: experimental.CaCertificateUpdateListener): void {
    this.caListeners.add(listener);
    process.nextTick(() => listener(this.ca));
  }

  removeCaCertificateListener(listener: experimental.CaCertificateUpdateListener): void {
    this.caListeners.delete(listener);
  }

  addIdentityCertificateListener(listener: experimental.IdentityCertificateUpdateListener): void {
    this.identityListeners.add(listener);
    process.nextTick(() => listener(this.identity));
  }

  removeIdentityCertificateListener(listener: experimental.IdentityCertificateUpdateListener): void {
    this.identityListeners.delete(listener);
  }

  private get ca(): experimental.CaCertificateUpdate {
    return { caCertificate: this.current.ca };
  }

  private get identity(): experimental.IdentityCertificateUpdate {
    return { certificate: this.current.cert, privateKey: this.current.key };
  }

  /** Once for each reason, not at every look. */
  private complain(reason: string): void {
    if (reason !== this.complaint) this.logger.error({ reason }, 'grpc.certificates_unusable');
    this.complaint = reason;
  }
}

function isSame(one: Certificates, other: Certificates): boolean {
  return one.ca.equals(other.ca) && one.cert.equals(other.cert) && one.key.equals(other.key);
}
