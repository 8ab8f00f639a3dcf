-- CreateTable
CREATE TABLE "audit_entry" (
    "id" TEXT NOT NULL,
    "entry" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "audit_entry_pkey" PRIMARY KEY ("id")
);
