-- CreateEnum
CREATE TYPE "token_kind" AS ENUM ('access', 'refresh', 'client_credentials');

-- CreateTable
CREATE TABLE "oauth_grant" (
    "id" TEXT NOT NULL,
    "client_id" TEXT NOT NULL,
    "app_id" TEXT NOT NULL,
    "merchant_id" TEXT NOT NULL,
    "installation_id" TEXT NOT NULL,
    "generation" INTEGER NOT NULL,
    "scopes" TEXT[],
    "followed" INTEGER NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "suspended_at" TIMESTAMPTZ(3),
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "oauth_grant_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "oauth_token" (
    "hash" BYTEA NOT NULL,
    "kind" "token_kind" NOT NULL,
    "grant_id" TEXT,
    "app_id" TEXT NOT NULL,
    "payload" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "consumed_at" TIMESTAMPTZ(3),

    CONSTRAINT "oauth_token_pkey" PRIMARY KEY ("hash")
);

-- CreateIndex
CREATE INDEX "oauth_grant_installation_id_idx" ON "oauth_grant"("installation_id");

-- CreateIndex
CREATE INDEX "oauth_grant_app_id_idx" ON "oauth_grant"("app_id");

-- CreateIndex
CREATE INDEX "oauth_grant_created_at_idx" ON "oauth_grant"("created_at");

-- CreateIndex
CREATE INDEX "oauth_token_grant_id_idx" ON "oauth_token"("grant_id");

-- CreateIndex
CREATE INDEX "oauth_token_app_id_idx" ON "oauth_token"("app_id");

-- CreateIndex
CREATE INDEX "oauth_token_expires_at_idx" ON "oauth_token"("expires_at");

-- CreateIndex
CREATE INDEX "oauth_token_consumed_at_idx" ON "oauth_token"("consumed_at");

-- AddForeignKey
ALTER TABLE "oauth_token" ADD CONSTRAINT "oauth_token_grant_id_fkey" FOREIGN KEY ("grant_id") REFERENCES "oauth_grant"("id") ON DELETE CASCADE ON UPDATE CASCADE;
