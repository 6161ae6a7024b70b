CREATE TABLE "benchmark_results" (
	"key" text PRIMARY KEY NOT NULL,
	"device_name" text NOT NULL,
	"result" jsonb NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "benchmarks" (
	"id" uuid PRIMARY KEY NOT NULL,
	"job_id" uuid NOT NULL,
	"stage_index" integer NOT NULL,
	"ordinal" integer NOT NULL,
	"asked" text NOT NULL,
	"wanted_name" text,
	"wanted_tag" text,
	"work" jsonb NOT NULL,
	"fresh" boolean DEFAULT false NOT NULL,
	"state" text DEFAULT 'waiting' NOT NULL,
	"fence" integer DEFAULT 0 NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"device_id" uuid,
	"device_name" text,
	"instance" uuid,
	"expires_at" timestamp (3) with time zone,
	"progress" double precision DEFAULT 0 NOT NULL,
	"message" text DEFAULT '' NOT NULL,
	"cached" boolean DEFAULT false NOT NULL,
	"error" jsonb,
	"result" jsonb,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"deadline_at" timestamp (3) with time zone NOT NULL,
	"started_at" timestamp (3) with time zone,
	"finished_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "devices" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"tags" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"key_hash" text NOT NULL,
	"protocol" integer NOT NULL,
	"version" text NOT NULL,
	"fingerprint" jsonb NOT NULL,
	"condition" jsonb,
	"instance" uuid,
	"failures" integer DEFAULT 0 NOT NULL,
	"draining" boolean DEFAULT false NOT NULL,
	"quarantine" text,
	"enrolled_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"last_seen_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "devices_name_unique" UNIQUE("name"),
	CONSTRAINT "devices_key_hash_unique" UNIQUE("key_hash")
);
--> statement-breakpoint
CREATE TABLE "enrolment_codes" (
	"hash" text PRIMARY KEY NOT NULL,
	"name" text,
	"tags" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "benchmarks" ADD CONSTRAINT "benchmarks_job_id_jobs_id_fk" FOREIGN KEY ("job_id") REFERENCES "public"."jobs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "benchmarks_of_stage" ON "benchmarks" USING btree ("job_id","stage_index","ordinal");--> statement-breakpoint
CREATE INDEX "benchmarks_open" ON "benchmarks" USING btree ("created_at","id") WHERE "benchmarks"."state" in ('waiting', 'running');