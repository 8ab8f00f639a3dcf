-- CreateTable
CREATE TABLE "merchant_erasure" (
    "merchant_id" TEXT NOT NULL,
    "requested_at" TIMESTAMPTZ(3) NOT NULL,
    "installations_done_at" TIMESTAMPTZ(3),
    "done_at" TIMESTAMPTZ(3),
    "due_at" TIMESTAMPTZ(3),

    CONSTRAINT "merchant_erasure_pkey" PRIMARY KEY ("merchant_id")
);

-- CreateIndex
CREATE INDEX "merchant_erasure_due_at_idx" ON "merchant_erasure"("due_at");

-- CreateIndex
CREATE INDEX "oauth_grant_merchant_id_idx" ON "oauth_grant"("merchant_id");
