export {
  formatPublicKey,
  generateKeyPair,
  parsePublicKey,
  privateKeyOf,
  publicKeyOf,
  type GeneratedKeyPair,
  type ParsedPublicKey,
} from './key-pair.ts';
export { formatSecret, generateSecret, parseSecret, type GeneratedSecret, type ParsedSecret } from './secret.ts';
export { signatureHeader, signV1, signV1a, type SignedContent, type Signer } from './sign.ts';
export { verify, type VerifyFailure, type VerifyRequest, type VerifyResult } from './verify.ts';
