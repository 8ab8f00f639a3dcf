-- On its own, so that the tables are not locked against reading meanwhile. The permissions of the app whose scopes were all granted, as the
-- answers said so far.
UPDATE "installation" SET "granted_permissions" = ARRAY(
  SELECT permission ->> 'id' FROM "app", jsonb_array_elements("app"."permissions") AS permission
  WHERE "app"."id" = "installation"."app_id" AND jsonb_array_length(permission -> 'scopes') > 0
    AND NOT EXISTS (SELECT FROM jsonb_array_elements_text(permission -> 'scopes') AS scope WHERE NOT scope = ANY ("granted_scopes"))
) WHERE "status" <> 'revoked';

-- What it was asked for: all that is required, and the optional permissions that it agreed to.
UPDATE "installation" SET "asked_scopes" = ARRAY(
  SELECT DISTINCT scope FROM "app", jsonb_array_elements("app"."permissions") AS permission, jsonb_array_elements_text(permission -> 'scopes') AS scope
  WHERE "app"."id" = "installation"."app_id"
    AND (NOT (permission ->> 'optional')::boolean OR permission ->> 'id' = ANY ("granted_permissions"))
) WHERE "status" <> 'revoked';

-- CreateIndex
CREATE INDEX "installation_behind_idx" ON "installation"("app_id", "permission_revision", "id") WHERE (status <> 'revoked');
