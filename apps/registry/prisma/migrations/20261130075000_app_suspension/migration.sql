-- A version without these columns installs a suspended app all the same, until it is gone. What it writes is suspended by nobody but its partner.

-- AlterTable
ALTER TABLE "app" ADD COLUMN "suspended_at" TIMESTAMPTZ(3),
ADD COLUMN "suspension_applied" BOOLEAN NOT NULL DEFAULT true;

-- AlterTable
ALTER TABLE "installation" ADD COLUMN "suspended_with_app" BOOLEAN NOT NULL DEFAULT false;

-- CreateIndex
CREATE INDEX "installation_app_id_status_idx" ON "installation"("app_id", "status");
