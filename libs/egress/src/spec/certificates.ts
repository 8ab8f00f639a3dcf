import { type CertificateRequest, type IssuedCertificate, TestAuthority } from '@hookwright/testkit';
import { afterAll, beforeAll } from '@jest/globals';

let authority: TestAuthority;

beforeAll(() => {
  authority = new TestAuthority();
});

afterAll(() => authority.remove());

export type Certificate = Pick<IssuedCertificate, 'key' | 'cert'>;

/** The certificate of the authority that signs certificate()s, as PEM. Not before the tests begin. */
export function testAuthority(): string {
  return authority.pem;
}

/** A certificate for names such as `DNS:hooks.example`, signed by the test's authority. */
export function certificate(request: CertificateRequest): Certificate {
  return authority.issue(request);
}

export function selfSigned(host: string): Certificate {
  return authority.selfSigned({ name: 'self', subjects: `DNS:${host}` });
}
