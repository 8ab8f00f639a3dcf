-- Partitioned by day: retention drops partitions instead of deleting rows. The workers make them ahead of time (src/log/partitions.ts);
-- the default partitions take what no day takes, so that nothing is ever refused.

CREATE TABLE "delivery" (
    "id" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "app_id" TEXT NOT NULL,
    "event_id" TEXT NOT NULL,
    "event_type" TEXT NOT NULL,
    "source" TEXT NOT NULL,
    "merchant_id" TEXT NOT NULL,
    "installation_id" TEXT NOT NULL,
    "generation" INTEGER NOT NULL,
    "trigger" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "payload_style" TEXT,
    "api_version" TEXT,
    "attempt_count" INTEGER NOT NULL,
    "next_attempt_at" TIMESTAMPTZ(3),
    "first_attempt_at" TIMESTAMPTZ(3),
    "delivered_at" TIMESTAMPTZ(3),
    "last_status_code" INTEGER,
    "last_error_category" TEXT,
    "lease_owner" TEXT,
    "lease_until" TIMESTAMPTZ(3),
    "first_attempt" JSON,

    CONSTRAINT "delivery_pkey" PRIMARY KEY ("id", "created_at")
) PARTITION BY RANGE ("created_at");

CREATE INDEX "delivery_app_id_created_at_idx" ON "delivery" ("app_id", "created_at" DESC);
CREATE INDEX "delivery_waiting_idx" ON "delivery" ("app_id", "next_attempt_at") WHERE next_attempt_at IS NOT NULL;
CREATE INDEX "delivery_waiting_installation_idx" ON "delivery" ("installation_id") WHERE next_attempt_at IS NOT NULL;

CREATE TABLE "delivery_default" PARTITION OF "delivery" DEFAULT;

CREATE TABLE "attempt" (
    "delivery_id" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "id" TEXT NOT NULL,
    "attempt" JSON NOT NULL,

    CONSTRAINT "attempt_pkey" PRIMARY KEY ("delivery_id", "created_at", "id")
) PARTITION BY RANGE ("created_at");

CREATE TABLE "attempt_default" PARTITION OF "attempt" DEFAULT;

CREATE TABLE "event_body" (
    "event_id" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "event" BYTEA NOT NULL,
    "data" BYTEA NOT NULL,

    CONSTRAINT "event_body_pkey" PRIMARY KEY ("event_id", "created_at")
) PARTITION BY RANGE ("created_at");

-- Bodies are mostly compressed already or too small to gain: TOAST without trying saves the CPU.
ALTER TABLE "event_body" ALTER COLUMN "data" SET STORAGE EXTERNAL;

CREATE TABLE "event_body_default" PARTITION OF "event_body" DEFAULT;
