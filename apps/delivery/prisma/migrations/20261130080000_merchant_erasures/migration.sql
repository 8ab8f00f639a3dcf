-- Merchants whose events are taken out of the log (src/erasure/).

CREATE TABLE "merchant_erasure" (
    "merchant_id" TEXT NOT NULL,
    "until_at" TIMESTAMPTZ(3) NOT NULL,
    "look" INTEGER NOT NULL DEFAULT 1,
    "through" TEXT NOT NULL DEFAULT '',
    "due_at" TIMESTAMPTZ(3),
    "done_at" TIMESTAMPTZ(3),

    CONSTRAINT "merchant_erasure_pkey" PRIMARY KEY ("merchant_id")
);

CREATE INDEX "merchant_erasure_due_idx" ON "merchant_erasure" ("due_at") WHERE due_at IS NOT NULL;
