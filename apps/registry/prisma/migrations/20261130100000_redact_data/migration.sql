-- Its data is that of every lifecycle event (api.md). An older version that still runs beside sends only the ids, the generation and the time.
UPDATE "event_type" SET "announced" = false,
  "schema" = (SELECT "schema" FROM "event_type" WHERE "type" = 'partner_app.install.revoked'),
  "example" = '{"partner_app_id":"app_06f18c3k9m2n4p6q8r0s2t4v6w","installation_id":"ins_06f18c41a2b3c4d5e6f7g8h9jk","merchant_id":"mer_1042","status":"revoked","previous_status":"revoked","granted_scopes":[],"previous_scopes":[],"generation":1,"actor":"merchant","reason":"","occurred_at":"2026-11-30T16:45:00.000Z"}'
WHERE "type" = 'partner_app.merchant.redact';
