-- CreateTable
CREATE TABLE "client_secret" (
    "id" TEXT NOT NULL,
    "app_id" TEXT NOT NULL,
    "hash" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3),

    CONSTRAINT "client_secret_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "client_secret_app_id_idx" ON "client_secret"("app_id");

-- CreateIndex
CREATE UNIQUE INDEX "client_secret_current" ON "client_secret"("app_id") WHERE (expires_at IS NULL);
