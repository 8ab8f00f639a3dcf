-- CreateTable
CREATE TABLE "merchant_erasure" (
    "merchant_id" TEXT NOT NULL,
    "requested_at" TIMESTAMPTZ(3) NOT NULL,
    "done_at" TIMESTAMPTZ(3),

    CONSTRAINT "merchant_erasure_pkey" PRIMARY KEY ("merchant_id")
);

-- CreateIndex
CREATE INDEX "merchant_erasure_open_idx" ON "merchant_erasure"("requested_at") WHERE (done_at IS NULL);

-- CreateIndex
CREATE INDEX "installation_merchant_id_idx" ON "installation"("merchant_id");
