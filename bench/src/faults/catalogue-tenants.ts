import type { Row } from './row.ts';
import { v5 } from './rows/v5-secrets-searched.ts';

/** Secrets, tokens, installations and who may do what. In the order of the table. */
export const TENANT_ROWS: readonly Row[] = [v5];
