-- What became of the attempts at each app's endpoint. Written by the workers next to the log, an app's at most once a minute (src/health/).

CREATE TABLE "endpoint_health" (
    "app_id" TEXT NOT NULL,
    "since_revision" BIGINT NOT NULL,
    "failing_since" TIMESTAMPTZ(3),
    "tried" TEXT[],
    "last_failure_at" TIMESTAMPTZ(3),
    "last_success_at" TIMESTAMPTZ(3),
    "signaled_revision" BIGINT,
    "signaled_at" TIMESTAMPTZ(3),

    CONSTRAINT "endpoint_health_pkey" PRIMARY KEY ("app_id")
) WITH (fillfactor = 70);

CREATE INDEX "endpoint_health_failing_idx" ON "endpoint_health" ("failing_since") WHERE failing_since IS NOT NULL;

CREATE TABLE "endpoint_warning" (
    "app_id" TEXT NOT NULL,
    "failing_since" TIMESTAMPTZ(3) NOT NULL,
    "hours" INTEGER NOT NULL,
    "warned_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "endpoint_warning_pkey" PRIMARY KEY ("app_id", "failing_since", "hours")
);

CREATE TABLE "endpoint_traffic" (
    "app_id" TEXT NOT NULL,
    "span_seconds" INTEGER NOT NULL,
    "starts_at" TIMESTAMPTZ(3) NOT NULL,
    "succeeded" BIGINT NOT NULL,
    "failed" BIGINT NOT NULL,

    CONSTRAINT "endpoint_traffic_pkey" PRIMARY KEY ("app_id", "span_seconds", "starts_at")
) WITH (fillfactor = 70);

CREATE INDEX "endpoint_traffic_age_idx" ON "endpoint_traffic" ("span_seconds", "starts_at");

-- created_at in the waiting index: an app's oldest are found in order without a sort, and its backlog is counted without its rows. And by
-- age alone: the oldest that waits at all, in one look. Both hold waiting rows only.
DROP INDEX "delivery_waiting_idx";
CREATE INDEX "delivery_waiting_idx" ON "delivery" ("app_id", "next_attempt_at", "created_at") WHERE next_attempt_at IS NOT NULL;
CREATE INDEX "delivery_waiting_age_idx" ON "delivery" ("created_at") WHERE next_attempt_at IS NOT NULL;
