import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

export interface Certificate {
  readonly key: Buffer;
  readonly cert: Buffer;
}

/** The certificates of a run and the authority that signed all but the self-signed one. */
export interface Certificates {
  /** PEM file for NODE_EXTRA_CA_CERTS: with it an expired certificate fails for being expired, not for its issuer. */
  readonly authorityFile: string;
  readonly trusted: Certificate;
  readonly selfSigned: Certificate;
  readonly expired: Certificate;
  readonly wrongHost: Certificate;
}

const HERE = 'DNS:localhost,IP:127.0.0.1';

/** Makes all of them with openssl in a directory of the caller's. */
export function makeCertificates(directory: string): Certificates {
  const made = new Maker(directory);
  made.selfSigned('authority', '/CN=Hookwright bench authority', []);
  made.selfSigned('self', '/CN=localhost', ['-addext', `subjectAltName=${HERE}`]);
  made.signed('trusted', HERE, 2);
  made.signed('expired', HERE, -1);
  made.signed('elsewhere', 'DNS:elsewhere.example', 2);
  return {
    authorityFile: path.join(directory, 'authority.pem'),
    trusted: made.read('trusted'),
    selfSigned: made.read('self'),
    expired: made.read('expired'),
    wrongHost: made.read('elsewhere'),
  };
}

class Maker {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  selfSigned(name: string, subject: string, extensions: readonly string[]): void {
    this.#openssl('req', '-x509', ...newKey(name), '-out', `${name}.pem`, '-subj', subject, '-days', '2', ...extensions);
  }

  signed(name: string, subjects: string, days: number): void {
    this.#openssl('req', ...newKey(name), '-out', `${name}.csr`, '-subj', `/CN=${name}`, '-addext', `subjectAltName=${subjects}`);
    const authority = ['-CA', 'authority.pem', '-CAkey', 'authority.key', '-CAcreateserial'];
    this.#openssl(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      ...authority,
      '-copy_extensions',
      'copy',
      '-days',
      String(days),
      '-out',
      `${name}.pem`,
    );
  }

  read(name: string): Certificate {
    const file = (extension: string): Buffer => fs.readFileSync(path.join(this.#directory, `${name}.${extension}`));
    return { key: file('key'), cert: file('pem') };
  }

  #openssl(...args: string[]): void {
    execFileSync('openssl', args, { cwd: this.#directory, stdio: 'pipe' });
  }
}

function newKey(name: string): string[] {
  return ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', `${name}.key`];
}
