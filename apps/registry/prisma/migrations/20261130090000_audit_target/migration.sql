-- By installation, for the erasure of a merchant: an app may have more entries than are read in time.

-- CreateIndex
CREATE INDEX "audit_entry_target_idx" ON "audit_entry"("target");
