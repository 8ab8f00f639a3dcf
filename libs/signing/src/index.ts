export { formatSecret, generateSecret, parseSecret, type GeneratedSecret, type ParsedSecret } from './secret.ts';
export { signatureHeader, signV1, type SignedContent } from './sign.ts';
export { verify, type VerifyFailure, type VerifyRequest, type VerifyResult } from './verify.ts';
