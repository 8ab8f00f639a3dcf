-- Whether an app was told of an installation: asked before the first event of that merchant is sent. A row for each installation and generation.
CREATE INDEX "delivery_created_idx" ON "delivery" ("installation_id", "generation") WHERE event_type = 'partner_app.install.created';
