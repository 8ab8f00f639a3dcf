// Versions of one key, as providers/transit.ts and providers/gcp-kms.ts name them.
const VERSIONED = /^(.*(?::v|\/cryptoKeyVersions\/))(\d{1,15})$/;

/**
 * Whether what a master key wrapped is to be wrapped anew. Another key: yes. Another version of the same one: only an older one. A key
 * management service may answer with the new version now and with the old one a moment later while it spreads (Google: up to three hours),
 * and rows must not go to and fro meanwhile.
 */
export function isOutdated(keyId: string, current: string): boolean {
  const [, key, version] = VERSIONED.exec(keyId) ?? [];
  const [, currentKey, currentVersion] = VERSIONED.exec(current) ?? [];
  if (key === undefined || key !== currentKey) return keyId !== current;
  return Number(version) < Number(currentVersion);
}
