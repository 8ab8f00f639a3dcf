import { type KeyObject, X509Certificate, createPrivateKey } from 'node:crypto';
import { constants, open } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';

export interface CertificateFiles {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** What a service shows the others, and whom it trusts, as PEM. */
export interface Certificates {
  readonly ca: Buffer;
  readonly cert: Buffer;
  readonly key: Buffer;
  /** The end of the service's own certificate. */
  readonly expiresAt: Date;
}

/** Certificates that fit together, or a sentence on what is wrong with their files; it never repeats what a file holds. */
export type ReadCertificates = { readonly ok: true; readonly certificates: Certificates } | { readonly ok: false; readonly reason: string };

// A chain of some certificates has a few KiB.
const MAX_FILE_BYTES = 65_536;

class Unusable extends Error {}

/**
 * Reads a service's certificate, its key and its authority. They are refused unless they fit together and the certificate is for the
 * service's name. Dates are not judged: a certificate that ran out fails each call, and the next one may be a moment away.
 */
export async function readCertificates(files: CertificateFiles, service: string): Promise<ReadCertificates> {
  try {
    const [ca, cert, key] = await Promise.all([readSmallFile(files.ca), readSmallFile(files.cert), readSmallFile(files.key)]);
    const expiresAt = judge({ ca, cert, key }, files, service);
    return { ok: true, certificates: { ca, cert, key, expiresAt } };
  } catch (error) {
    if (error instanceof Unusable) return { ok: false, reason: error.message };
    throw error;
  }
}

/** When the certificate expires. Throws Unusable. */
function judge(pem: Record<keyof CertificateFiles, Buffer>, files: CertificateFiles, service: string): Date {
  parse(files.ca, 'a certificate', () => new X509Certificate(pem.ca));
  const own = parse(files.cert, 'a certificate', () => new X509Certificate(pem.cert));
  const key = parse(files.key, 'a private key without a passphrase', () => createPrivateKey(pem.key));
  judgeOwn(own, key, files, service);
  try {
    createSecureContext(pem);
  } catch (error) {
    throw new Unusable(`${files.ca}, ${files.cert} and ${files.key} cannot be used together (${codeOf(error)})`);
  }
  return own.validToDate;
}

function judgeOwn(own: X509Certificate, key: KeyObject, files: CertificateFiles, service: string): void {
  if (!own.checkPrivateKey(key)) throw new Unusable(`${files.key} is not the key of ${files.cert}`);
  if (!isFor(own, service)) throw new Unusable(`${files.cert} is not for the DNS name ${service}`);
}

/** Whether a certificate is for a service: its name is one of the DNS names, neither as a wildcard nor as the subject. */
export function isFor(certificate: X509Certificate, service: string): boolean {
  return certificate.checkHost(service, { subject: 'never', wildcards: false }) !== undefined;
}

function parse<Parsed>(path: string, what: string, read: () => Parsed): Parsed {
  try {
    return read();
  } catch {
    throw new Unusable(`${path} does not hold ${what} in PEM`);
  }
}

async function readSmallFile(path: string): Promise<Buffer> {
  try {
    // Non-blocking: opening a pipe must not hang.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stats = await file.stat();
      if (!stats.isFile() || stats.size > MAX_FILE_BYTES) throw new Unusable(`${path} is not a file of at most ${MAX_FILE_BYTES} bytes`);
      return await file.readFile();
    } finally {
      await file.close();
    }
  } catch (error) {
    throw error instanceof Unusable ? error : new Unusable(`${path} cannot be read (${codeOf(error)})`);
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unknown';
}
