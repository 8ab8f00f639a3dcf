-- AlterTable. Empty for secrets of before, and of a version before this that still runs beside.
ALTER TABLE "secret" ADD COLUMN "created_by" TEXT NOT NULL DEFAULT '',
                     ADD COLUMN "reason" TEXT NOT NULL DEFAULT '';
