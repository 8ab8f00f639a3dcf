import type { Row } from './row.ts';
import { l1 } from './rows/l1-uninstalls.ts';
import { l2 } from './rows/l2-address-changed.ts';
import { l3 } from './rows/l3-app-deleted.ts';
import { l4 } from './rows/l4-install-again.ts';
import { s3 } from './rows/s3-other-tenants.ts';
import { s5 } from './rows/s5-no-credentials.ts';
import { s6 } from './rows/s6-oauth.ts';
import { s7 } from './rows/s7-limits.ts';
import { v1 } from './rows/v1-vault-down.ts';
import { v2 } from './rows/v2-slow-vault.ts';
import { v3 } from './rows/v3-corrupted-secret.ts';
import { v4 } from './rows/v4-rotations.ts';
import { v5 } from './rows/v5-secrets-searched.ts';
import { v6 } from './rows/v6-master-key-rotated.ts';

/** Signing secrets, client secrets and tokens, and those who keep them. In the order of the table. */
export const SECRET_ROWS: readonly Row[] = [v1, v2, v3, v4, v5, v6];

/** Installations, and who may do what. In the order of the table. */
export const TENANT_ROWS: readonly Row[] = [l1, l2, l3, l4, s3, s5, s6, s7];
