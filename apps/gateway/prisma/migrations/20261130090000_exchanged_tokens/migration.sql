-- True for what a version without this column uses up: it takes every second use for a replay.
-- AlterTable
ALTER TABLE "oauth_token" ADD COLUMN "exchanged" BOOLEAN NOT NULL DEFAULT true;
