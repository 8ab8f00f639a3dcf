-- CreateIndex
CREATE INDEX "installation_merchant_id_created_at_id_idx" ON "installation"("merchant_id", "created_at", "id");
