-- CreateEnum
CREATE TYPE "mode" AS ENUM ('live', 'test');

-- CreateEnum
CREATE TYPE "visibility" AS ENUM ('private', 'public');

-- CreateEnum
CREATE TYPE "endpoint_status" AS ENUM ('pending_verification', 'enabled', 'paused', 'disabled');

-- CreateEnum
CREATE TYPE "disabled_reason" AS ENUM ('manual', 'gone_410', 'sustained_failure', 'verification_failed');

-- CreateEnum
CREATE TYPE "event_source" AS ENUM ('partner_app', 'installed_merchants');

-- CreateEnum
CREATE TYPE "payload_style" AS ENUM ('full', 'thin');

-- CreateEnum
CREATE TYPE "installation_status" AS ENUM ('pending_consent', 'active', 'pending_permission_upgrade', 'suspended', 'revoked');

-- CreateEnum
CREATE TYPE "actor" AS ENUM ('merchant', 'partner', 'operator');

-- CreateTable
CREATE TABLE "partner" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "partner_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "app" (
    "id" TEXT NOT NULL,
    "partner_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT NOT NULL,
    "mode" "mode" NOT NULL,
    "visibility" "visibility" NOT NULL,
    "redirect_uris" TEXT[],
    "permissions" JSONB NOT NULL,
    "client_id" TEXT NOT NULL,
    "revision" BIGINT NOT NULL,
    "endpoint_revision" BIGINT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "deleted_at" TIMESTAMPTZ(3),

    CONSTRAINT "app_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "endpoint" (
    "app_id" TEXT NOT NULL,
    "url" TEXT NOT NULL,
    "status" "endpoint_status" NOT NULL,
    "disabled_reason" "disabled_reason",
    "disabled_at" TIMESTAMPTZ(3),
    "verified" BOOLEAN NOT NULL,
    "event_sources" "event_source"[],
    "enabled_events" TEXT[],
    "payload_style" "payload_style" NOT NULL,
    "api_version" TEXT NOT NULL,
    "max_concurrency" INTEGER NOT NULL,
    "rate_limit_per_minute" INTEGER,
    "timeout_seconds" INTEGER NOT NULL,

    CONSTRAINT "endpoint_pkey" PRIMARY KEY ("app_id")
);

-- CreateTable
CREATE TABLE "installation" (
    "id" TEXT NOT NULL,
    "app_id" TEXT NOT NULL,
    "merchant_id" TEXT NOT NULL,
    "status" "installation_status" NOT NULL,
    "generation" INTEGER NOT NULL,
    "granted_scopes" TEXT[],
    "installed_by" TEXT NOT NULL,
    "installed_at" TIMESTAMPTZ(3) NOT NULL,
    "revoked_at" TIMESTAMPTZ(3),
    "revoked_by" "actor",
    "sequence" INTEGER NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "installation_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "transition" (
    "installation_id" TEXT NOT NULL,
    "sequence" INTEGER NOT NULL,
    "previous_status" "installation_status",
    "status" "installation_status" NOT NULL,
    "generation" INTEGER NOT NULL,
    "granted_scopes" TEXT[],
    "actor" "actor" NOT NULL,
    "reason" TEXT NOT NULL,
    "occurred_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "transition_pkey" PRIMARY KEY ("installation_id","sequence")
);

-- CreateTable
CREATE TABLE "event_type" (
    "type" TEXT NOT NULL,
    "source" "event_source" NOT NULL,
    "required_scope" TEXT NOT NULL,
    "description" TEXT NOT NULL,
    "schema" TEXT NOT NULL,
    "example" TEXT NOT NULL,
    "mandatory" BOOLEAN NOT NULL,
    "announced" BOOLEAN NOT NULL DEFAULT false,

    CONSTRAINT "event_type_pkey" PRIMARY KEY ("type")
);

-- CreateTable
CREATE TABLE "outbox" (
    "id" BIGSERIAL NOT NULL,
    "topic" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "partition_key" TEXT,
    "headers" JSONB NOT NULL DEFAULT '{}',
    "value" BYTEA,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "outbox_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "partner_created_at_id_idx" ON "partner"("created_at", "id");

-- CreateIndex
CREATE UNIQUE INDEX "app_client_id_key" ON "app"("client_id");

-- CreateIndex
CREATE INDEX "app_partner_id_mode_created_at_id_idx" ON "app"("partner_id", "mode", "created_at", "id");

-- CreateIndex
CREATE INDEX "installation_app_id_created_at_id_idx" ON "installation"("app_id", "created_at", "id");

-- CreateIndex
CREATE UNIQUE INDEX "installation_app_id_merchant_id_key" ON "installation"("app_id", "merchant_id");

-- AddForeignKey
ALTER TABLE "app" ADD CONSTRAINT "app_partner_id_fkey" FOREIGN KEY ("partner_id") REFERENCES "partner"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "endpoint" ADD CONSTRAINT "endpoint_app_id_fkey" FOREIGN KEY ("app_id") REFERENCES "app"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "installation" ADD CONSTRAINT "installation_app_id_fkey" FOREIGN KEY ("app_id") REFERENCES "app"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "transition" ADD CONSTRAINT "transition_installation_id_fkey" FOREIGN KEY ("installation_id") REFERENCES "installation"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- The lifecycle event types (api.md). The registry announces them on registry.event-types when it starts: a snapshot is protobuf, which SQL cannot write.
INSERT INTO "event_type" ("type", "source", "required_scope", "description", "schema", "example", "mandatory") VALUES
  ('partner_app.install.created', 'partner_app', '', 'A merchant installed the app, for the first time or again after a revoke.',
   '{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","properties":{"partner_app_id":{"type":"string"},"installation_id":{"type":"string"},"merchant_id":{"type":"string"},"status":{"enum":["pending_consent","active","pending_permission_upgrade","suspended","revoked"]},"previous_status":{"enum":["pending_consent","active","pending_permission_upgrade","suspended","revoked",null]},"granted_scopes":{"type":"array","items":{"type":"string"}},"previous_scopes":{"type":"array","items":{"type":"string"}},"generation":{"type":"integer","minimum":1},"actor":{"enum":["merchant","partner","operator"]},"reason":{"type":"string"},"occurred_at":{"type":"string","format":"date-time"}},"required":["partner_app_id","installation_id","merchant_id","status","previous_status","granted_scopes","previous_scopes","generation","actor","reason","occurred_at"]}',
   '{"partner_app_id":"app_06f18c3k9m2n4p6q8r0s2t4v6w","installation_id":"ins_06f18c41a2b3c4d5e6f7g8h9jk","merchant_id":"mer_1042","status":"active","previous_status":null,"granted_scopes":["orders.read"],"previous_scopes":[],"generation":1,"actor":"merchant","reason":"","occurred_at":"2026-11-25T09:30:00.000Z"}', false),
  ('partner_app.install.updated', 'partner_app', '', 'An installation changed in something other than its permissions.',
   '{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","properties":{"partner_app_id":{"type":"string"},"installation_id":{"type":"string"},"merchant_id":{"type":"string"},"status":{"enum":["pending_consent","active","pending_permission_upgrade","suspended","revoked"]},"previous_status":{"enum":["pending_consent","active","pending_permission_upgrade","suspended","revoked",null]},"granted_scopes":{"type":"array","items":{"type":"string"}},"previous_scopes":{"type":"array","items":{"type":"string"}},"generation":{"type":"integer","minimum":1},"actor":{"enum":["merchant","partner","operator"]},"reason":{"type":"string"},"occurred_at":{"type":"string","format":"date-time"}},"required":["partner_app_id","installation_id","merchant_id","status","previous_status","granted_scopes","previous_scopes","generation","actor","reason","occurred_at"]}',
   '{"partner_app_id":"app_06f18c3k9m2n4p6q8r0s2t4v6w","installation_id":"ins_06f18c41a2b3c4d5e6f7g8h9jk","merchant_id":"mer_1042","status":"pending_permission_upgrade","previous_status":"active","granted_scopes":["orders.read"],"previous_scopes":["orders.read"],"generation":1,"actor":"partner","reason":"permissions widened","occurred_at":"2026-11-26T10:00:00.000Z"}', false),
  ('partner_app.install.permissions_updated', 'partner_app', '', 'An installation has other scopes now.',
   '{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","properties":{"partner_app_id":{"type":"string"},"installation_id":{"type":"string"},"merchant_id":{"type":"string"},"status":{"enum":["pending_consent","active","pending_permission_upgrade","suspended","revoked"]},"previous_status":{"enum":["pending_consent","active","pending_permission_upgrade","suspended","revoked",null]},"granted_scopes":{"type":"array","items":{"type":"string"}},"previous_scopes":{"type":"array","items":{"type":"string"}},"generation":{"type":"integer","minimum":1},"actor":{"enum":["merchant","partner","operator"]},"reason":{"type":"string"},"occurred_at":{"type":"string","format":"date-time"}},"required":["partner_app_id","installation_id","merchant_id","status","previous_status","granted_scopes","previous_scopes","generation","actor","reason","occurred_at"]}',
   '{"partner_app_id":"app_06f18c3k9m2n4p6q8r0s2t4v6w","installation_id":"ins_06f18c41a2b3c4d5e6f7g8h9jk","merchant_id":"mer_1042","status":"active","previous_status":"active","granted_scopes":["orders.read","payments.read"],"previous_scopes":["orders.read"],"generation":1,"actor":"merchant","reason":"","occurred_at":"2026-11-26T11:15:00.000Z"}', false),
  ('partner_app.install.suspended', 'partner_app', '', 'An installation was suspended: the merchant''s events are not sent until it is unsuspended.',
   '{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","properties":{"partner_app_id":{"type":"string"},"installation_id":{"type":"string"},"merchant_id":{"type":"string"},"status":{"enum":["pending_consent","active","pending_permission_upgrade","suspended","revoked"]},"previous_status":{"enum":["pending_consent","active","pending_permission_upgrade","suspended","revoked",null]},"granted_scopes":{"type":"array","items":{"type":"string"}},"previous_scopes":{"type":"array","items":{"type":"string"}},"generation":{"type":"integer","minimum":1},"actor":{"enum":["merchant","partner","operator"]},"reason":{"type":"string"},"occurred_at":{"type":"string","format":"date-time"}},"required":["partner_app_id","installation_id","merchant_id","status","previous_status","granted_scopes","previous_scopes","generation","actor","reason","occurred_at"]}',
   '{"partner_app_id":"app_06f18c3k9m2n4p6q8r0s2t4v6w","installation_id":"ins_06f18c41a2b3c4d5e6f7g8h9jk","merchant_id":"mer_1042","status":"suspended","previous_status":"active","granted_scopes":["orders.read","payments.read"],"previous_scopes":["orders.read","payments.read"],"generation":1,"actor":"operator","reason":"payment overdue","occurred_at":"2026-11-27T08:00:00.000Z"}', false),
  ('partner_app.install.unsuspended', 'partner_app', '', 'A suspended installation is active again.',
   '{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","properties":{"partner_app_id":{"type":"string"},"installation_id":{"type":"string"},"merchant_id":{"type":"string"},"status":{"enum":["pending_consent","active","pending_permission_upgrade","suspended","revoked"]},"previous_status":{"enum":["pending_consent","active","pending_permission_upgrade","suspended","revoked",null]},"granted_scopes":{"type":"array","items":{"type":"string"}},"previous_scopes":{"type":"array","items":{"type":"string"}},"generation":{"type":"integer","minimum":1},"actor":{"enum":["merchant","partner","operator"]},"reason":{"type":"string"},"occurred_at":{"type":"string","format":"date-time"}},"required":["partner_app_id","installation_id","merchant_id","status","previous_status","granted_scopes","previous_scopes","generation","actor","reason","occurred_at"]}',
   '{"partner_app_id":"app_06f18c3k9m2n4p6q8r0s2t4v6w","installation_id":"ins_06f18c41a2b3c4d5e6f7g8h9jk","merchant_id":"mer_1042","status":"active","previous_status":"suspended","granted_scopes":["orders.read","payments.read"],"previous_scopes":["orders.read","payments.read"],"generation":1,"actor":"operator","reason":"","occurred_at":"2026-11-27T12:00:00.000Z"}', false),
  ('partner_app.install.revoked', 'partner_app', '', 'An installation has ended: nothing of the merchant''s is sent any more. Cannot be switched off.',
   '{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","properties":{"partner_app_id":{"type":"string"},"installation_id":{"type":"string"},"merchant_id":{"type":"string"},"status":{"enum":["pending_consent","active","pending_permission_upgrade","suspended","revoked"]},"previous_status":{"enum":["pending_consent","active","pending_permission_upgrade","suspended","revoked",null]},"granted_scopes":{"type":"array","items":{"type":"string"}},"previous_scopes":{"type":"array","items":{"type":"string"}},"generation":{"type":"integer","minimum":1},"actor":{"enum":["merchant","partner","operator"]},"reason":{"type":"string"},"occurred_at":{"type":"string","format":"date-time"}},"required":["partner_app_id","installation_id","merchant_id","status","previous_status","granted_scopes","previous_scopes","generation","actor","reason","occurred_at"]}',
   '{"partner_app_id":"app_06f18c3k9m2n4p6q8r0s2t4v6w","installation_id":"ins_06f18c41a2b3c4d5e6f7g8h9jk","merchant_id":"mer_1042","status":"revoked","previous_status":"active","granted_scopes":[],"previous_scopes":["orders.read","payments.read"],"generation":1,"actor":"merchant","reason":"","occurred_at":"2026-11-28T16:45:00.000Z"}', true),
  ('endpoint.verification', 'partner_app', '', 'Asks an endpoint to answer 2xx and to echo the challenge, as JSON or as plain text.',
   '{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","properties":{"challenge":{"type":"string"}},"required":["challenge"]}',
   '{"challenge":"c2hvdyB0aGF0IHlvdSB3YW50IHRoaXM"}', false),
  ('partner_app.merchant.redact', 'partner_app', '', '48 hours after a revoke: what the app still has of the merchant''s is to be erased.',
   '{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","properties":{"partner_app_id":{"type":"string"},"installation_id":{"type":"string"},"merchant_id":{"type":"string"},"generation":{"type":"integer","minimum":1},"occurred_at":{"type":"string","format":"date-time"}},"required":["partner_app_id","installation_id","merchant_id","generation","occurred_at"]}',
   '{"partner_app_id":"app_06f18c3k9m2n4p6q8r0s2t4v6w","installation_id":"ins_06f18c41a2b3c4d5e6f7g8h9jk","merchant_id":"mer_1042","generation":1,"occurred_at":"2026-11-30T16:45:00.000Z"}', false);
