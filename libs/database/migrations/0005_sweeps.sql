CREATE TABLE "sweep_events" (
	"sweep_id" uuid NOT NULL,
	"id" integer NOT NULL,
	"at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"event" jsonb NOT NULL,
	CONSTRAINT "sweep_events_sweep_id_id_pk" PRIMARY KEY("sweep_id","id")
);
--> statement-breakpoint
CREATE TABLE "sweeps" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text,
	"state" text DEFAULT 'running' NOT NULL,
	"model_id" text NOT NULL,
	"dataset_id" text,
	"document" jsonb NOT NULL,
	"forecast" jsonb NOT NULL,
	"baseline" jsonb,
	"asked" integer DEFAULT 0 NOT NULL,
	"revision" integer DEFAULT 0 NOT NULL,
	"last_event" integer DEFAULT 0 NOT NULL,
	"searched_seconds" double precision DEFAULT 0 NOT NULL,
	"running_since" timestamp (3) with time zone DEFAULT now(),
	"reason" text,
	"error" jsonb,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"finished_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "trials" (
	"sweep_id" uuid NOT NULL,
	"number" integer NOT NULL,
	"state" text DEFAULT 'running' NOT NULL,
	"origin" text NOT NULL,
	"assignment" jsonb NOT NULL,
	"job_id" uuid,
	"slot" integer,
	"metrics" jsonb,
	"outcome" jsonb,
	"violation" double precision,
	"violated" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"model_digest" text,
	"promoted_as" text,
	"reason" text,
	"stages_executed" integer,
	"seconds" double precision,
	"revision" integer NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"finished_at" timestamp (3) with time zone,
	CONSTRAINT "trials_sweep_id_number_pk" PRIMARY KEY("sweep_id","number")
);
--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "sweep_id" uuid;--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "priority" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "sweep_events" ADD CONSTRAINT "sweep_events_sweep_id_sweeps_id_fk" FOREIGN KEY ("sweep_id") REFERENCES "public"."sweeps"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sweeps" ADD CONSTRAINT "sweeps_model_id_models_id_fk" FOREIGN KEY ("model_id") REFERENCES "public"."models"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sweeps" ADD CONSTRAINT "sweeps_dataset_id_datasets_id_fk" FOREIGN KEY ("dataset_id") REFERENCES "public"."datasets"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "trials" ADD CONSTRAINT "trials_sweep_id_sweeps_id_fk" FOREIGN KEY ("sweep_id") REFERENCES "public"."sweeps"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "trials" ADD CONSTRAINT "trials_job_id_jobs_id_fk" FOREIGN KEY ("job_id") REFERENCES "public"."jobs"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "sweeps_by_age" ON "sweeps" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "sweeps_by_model" ON "sweeps" USING btree ("model_id");--> statement-breakpoint
CREATE INDEX "sweeps_by_dataset" ON "sweeps" USING btree ("dataset_id");--> statement-breakpoint
CREATE INDEX "sweeps_open" ON "sweeps" USING btree ("id") WHERE "sweeps"."state" in ('running', 'paused', 'stopping');--> statement-breakpoint
CREATE INDEX "trials_by_job" ON "trials" USING btree ("job_id");--> statement-breakpoint
CREATE INDEX "trials_by_revision" ON "trials" USING btree ("sweep_id","revision");--> statement-breakpoint
CREATE INDEX "trials_running" ON "trials" USING btree ("sweep_id","number") WHERE "trials"."state" = 'running';--> statement-breakpoint
CREATE INDEX "jobs_by_sweep" ON "jobs" USING btree ("sweep_id","created_at","id");