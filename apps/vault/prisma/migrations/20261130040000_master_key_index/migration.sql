-- Which master key wrapped what, and the next of those, without reading the table.
-- CreateIndex
CREATE INDEX "secret_key_id_id_idx" ON "secret"("key_id", "id");
