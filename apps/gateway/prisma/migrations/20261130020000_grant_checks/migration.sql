-- CreateTable
CREATE TABLE "grant_check" (
    "id" TEXT NOT NULL,
    "installation_id" TEXT NOT NULL,
    "app_id" TEXT NOT NULL,
    "partner_id" TEXT NOT NULL,
    "mode" "key_mode" NOT NULL,
    "due_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "grant_check_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "grant_check_due_at_idx" ON "grant_check"("due_at");
