-- CreateTable
CREATE TABLE "app_hold" (
    "app_id" TEXT NOT NULL,
    "due_at" TIMESTAMPTZ(3),

    CONSTRAINT "app_hold_pkey" PRIMARY KEY ("app_id")
);

-- CreateIndex
CREATE INDEX "app_hold_due_at_idx" ON "app_hold"("due_at");
