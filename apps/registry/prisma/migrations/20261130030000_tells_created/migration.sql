-- What was installed before this, or by a version without the column, waits for nothing: its app was told long ago, or is about to be.

-- AlterTable
ALTER TABLE "installation" ADD COLUMN "tells_created" BOOLEAN NOT NULL DEFAULT false;
