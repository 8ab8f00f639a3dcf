-- CreateTable
CREATE TABLE "redaction" (
    "installation_id" TEXT NOT NULL,
    "due_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "redaction_pkey" PRIMARY KEY ("installation_id")
);

-- CreateIndex
CREATE INDEX "redaction_due_at_idx" ON "redaction"("due_at");

-- AddForeignKey
ALTER TABLE "redaction" ADD CONSTRAINT "redaction_installation_id_fkey" FOREIGN KEY ("installation_id") REFERENCES "installation"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Who uninstalled before this, or while an older version still runs beside, is not forgotten: what that one ends after this is.
INSERT INTO "redaction" ("installation_id", "due_at")
SELECT "installation"."id", "installation"."revoked_at" + interval '48 hours' FROM "installation" JOIN "app" ON "app"."id" = "installation"."app_id"
WHERE "installation"."status" = 'revoked' AND "installation"."revoked_at" IS NOT NULL AND "app"."deleted_at" IS NULL;

-- Whoever had a merchant's data must hear that they are to be erased, whatever he chose to receive.
UPDATE "event_type" SET "mandatory" = true, "announced" = false,
  "description" = '48 hours after a revoke: what the app still has of the merchant''s is to be erased. Cannot be switched off.'
WHERE "type" = 'partner_app.merchant.redact';

UPDATE "event_type" SET "announced" = false,
  "description" = 'A suspension has ended: the merchant''s events are sent again, as far as the granted scopes reach.'
WHERE "type" = 'partner_app.install.unsuspended';
