-- CreateTable
CREATE TABLE "secret" (
    "id" TEXT NOT NULL,
    "app_id" TEXT NOT NULL,
    "scheme" TEXT NOT NULL,
    "prefix" TEXT NOT NULL,
    "ciphertext" BYTEA,
    "wrapped_key" BYTEA,
    "key_id" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3),
    "last_used_at" TIMESTAMPTZ(3),

    CONSTRAINT "secret_pkey" PRIMARY KEY ("id"),
    -- Key material is whole or gone, and it goes only from a secret that has an end.
    CONSTRAINT "secret_material" CHECK (num_nulls("ciphertext", "wrapped_key", "key_id") IN (0, 3)),
    CONSTRAINT "secret_ended" CHECK ("ciphertext" IS NOT NULL OR "expires_at" IS NOT NULL)
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
CREATE INDEX "secret_app_id_created_at_idx" ON "secret"("app_id", "created_at" DESC);

-- CreateIndex
CREATE INDEX "secret_expires_at_idx" ON "secret"("expires_at");

-- CreateIndex
CREATE UNIQUE INDEX "secret_current" ON "secret"("app_id") WHERE (expires_at IS NULL);
