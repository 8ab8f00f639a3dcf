-- CreateIndex
CREATE INDEX "installation_pending_idx" ON "installation"("created_at") WHERE (status = 'pending_consent');
