-- A version without these columns writes rows without them: what such an installation was asked for is not known, so that whatever is required
-- and not granted is asked for at the app's next change.

-- AlterTable
ALTER TABLE "app" ADD COLUMN "permission_revision" BIGINT NOT NULL DEFAULT 0,
ADD COLUMN "permission_applied" BIGINT NOT NULL DEFAULT 0;

-- AlterTable
ALTER TABLE "installation" ADD COLUMN "granted_permissions" TEXT[] DEFAULT ARRAY[]::TEXT[],
ADD COLUMN "asked_scopes" TEXT[] DEFAULT ARRAY[]::TEXT[],
ADD COLUMN "permission_revision" BIGINT NOT NULL DEFAULT 0;
