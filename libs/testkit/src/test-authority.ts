import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface CertificateRequest {
  /** Of its files, and its subject's common name. */
  readonly name: string;
  /** E.g. `DNS:hooks.example,IP:127.0.0.1`. */
  readonly subjects: string;
  /** How long it holds from now; negative: it ran out. */
  readonly days?: number;
}

export interface IssuedCertificate {
  readonly key: Buffer;
  readonly cert: Buffer;
  /** Where they are, with the authority's certificate. */
  readonly files: { readonly ca: string; readonly cert: string; readonly key: string };
}

/** A certificate authority of a spec's own, made by openssl in a temporary folder. */
export class TestAuthority {
  readonly directory = mkdtempSync(join(tmpdir(), 'hookwright-tls-'));
  /** Its certificate, PEM. */
  readonly pem: string;

  constructor() {
    this.openssl('req', '-x509', ...newKey('ca'), '-out', 'ca.pem', '-subj', '/CN=Hookwright test authority', '-days', '2');
    this.pem = readFileSync(join(this.directory, 'ca.pem'), 'utf8');
  }

  issue({ name, subjects, days = 2 }: CertificateRequest): IssuedCertificate {
    this.openssl('req', ...newKey(name), '-out', `${name}.csr`, '-subj', `/CN=${name}`, '-addext', `subjectAltName=${subjects}`);
    const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-copy_extensions', 'copy', '-days', String(days)];
    this.openssl('x509', '-req', '-in', `${name}.csr`, ...signed, '-out', `${name}.pem`);
    return this.read(name);
  }

  /** One that nobody signed but its own key. */
  selfSigned({ name, subjects, days = 2 }: CertificateRequest): IssuedCertificate {
    const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=${subjects}`];
    this.openssl('req', '-x509', ...newKey(name), '-out', `${name}.pem`, ...subject, '-days', String(days));
    return this.read(name);
  }

  remove(): void {
    rmSync(this.directory, { recursive: true });
  }

  private read(name: string): IssuedCertificate {
    const files = {
      ca: join(this.directory, 'ca.pem'),
      cert: join(this.directory, `${name}.pem`),
      key: join(this.directory, `${name}.key`),
    };
    return { key: readFileSync(files.key), cert: readFileSync(files.cert), files };
  }

  private openssl(...args: string[]): void {
    execFileSync('openssl', args, { cwd: this.directory, stdio: 'pipe' });
  }
}

function newKey(name: string): string[] {
  return ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', `${name}.key`];
}
