-- CreateTable
CREATE TABLE "secret_read" (
    "secret_id" TEXT NOT NULL,
    "reader" TEXT NOT NULL,
    "day" DATE NOT NULL,
    "app_id" TEXT NOT NULL,
    "reads" BIGINT NOT NULL,
    "first_at" TIMESTAMPTZ(3) NOT NULL,
    "last_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "secret_read_pkey" PRIMARY KEY ("secret_id", "reader", "day")
);

-- Every row is updated twice a minute: with room on its page no index has to follow.
ALTER TABLE "secret_read" SET (fillfactor = 80);

-- CreateIndex
CREATE INDEX "secret_read_day_idx" ON "secret_read"("day");
