CREATE TABLE "settings" (
	"name" text PRIMARY KEY NOT NULL,
	"value" jsonb NOT NULL
);
--> statement-breakpoint
DROP INDEX "jobs_by_state";--> statement-breakpoint
DROP INDEX "jobs_by_model";--> statement-breakpoint
ALTER TABLE "idempotency_keys" ADD COLUMN "owner" uuid;--> statement-breakpoint
ALTER TABLE "idempotency_keys" ADD COLUMN "renewed_at" timestamp (3) with time zone DEFAULT now() NOT NULL;--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "enqueued" boolean DEFAULT false NOT NULL;--> statement-breakpoint
CREATE INDEX "datasets_by_name" ON "datasets" USING btree ("name","created_at","id");--> statement-breakpoint
CREATE INDEX "jobs_by_name" ON "jobs" USING btree ("name","created_at","id");--> statement-breakpoint
CREATE INDEX "jobs_by_dataset" ON "jobs" USING btree ("dataset_id");--> statement-breakpoint
CREATE INDEX "jobs_to_enqueue" ON "jobs" USING btree ("created_at","id") WHERE not "jobs"."enqueued" and "jobs"."state" in ('queued', 'running');--> statement-breakpoint
CREATE INDEX "jobs_enqueued" ON "jobs" USING btree ("id") WHERE "jobs"."enqueued" and "jobs"."state" in ('queued', 'running');--> statement-breakpoint
CREATE INDEX "models_by_name" ON "models" USING btree ("name","created_at","id");--> statement-breakpoint
CREATE INDEX "jobs_by_state" ON "jobs" USING btree ("state","created_at","id");--> statement-breakpoint
CREATE INDEX "jobs_by_model" ON "jobs" USING btree ("model_id","created_at","id");