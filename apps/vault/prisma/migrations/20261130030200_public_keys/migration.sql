-- AlterTable. A version before this makes secrets of the scheme v1 only, which have none.
ALTER TABLE "secret" ADD COLUMN "public_key" BYTEA,
                     ADD CONSTRAINT "secret_public_key" CHECK (("scheme" = 'v1a') = ("public_key" IS NOT NULL));
