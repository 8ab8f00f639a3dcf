import { describe, expect, it } from '@jest/globals';
import { DeliveryStatus, DisabledReason, EventSource } from '@hookwright/contracts';
import { enumText, enumTextOrNull, enumTexts, enumValue } from './enum-text.ts';

describe("a protobuf enum's texts", () => {
  it('are those of api.md', () => {
    expect(enumTexts(DeliveryStatus)).toEqual(['pending', 'in_flight', 'retry_scheduled', 'delivered', 'failed', 'suppressed', 'canceled']);
    expect(enumTexts(DisabledReason)).toEqual(['manual', 'gone_410', 'sustained_failure', 'verification_failed']);
  });

  it('go both ways', () => {
    for (const text of enumTexts(EventSource)) expect(enumText(EventSource, enumValue(EventSource, text))).toBe(text);
  });

  it('have none for UNSPECIFIED or a number of a newer version', () => {
    expect(enumTextOrNull(DisabledReason, 0)).toBeNull();
    expect(() => enumText(DisabledReason, 0)).toThrow();
    expect(() => enumText(DisabledReason, 99)).toThrow();
  });
});
