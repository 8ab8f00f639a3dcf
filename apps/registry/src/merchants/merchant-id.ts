import type { FieldError } from '@hookwright/runtime';
import { invalid } from '../fields/field-rules.ts';

const MERCHANT_ID = /^[A-Za-z0-9_.:-]{1,64}$/;

/** The host platform's own (api.md, Installations and OAuth). */
export function isMerchantId(text: string): boolean {
  return MERCHANT_ID.test(text);
}

export function checkMerchantId(merchantId: string): FieldError[] {
  return isMerchantId(merchantId) ? [] : [invalid('/merchant_id', 'must be 1 to 64 of A-Za-z0-9_.:-')];
}
