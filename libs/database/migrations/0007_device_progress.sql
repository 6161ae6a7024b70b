ALTER TABLE "benchmarks" ADD COLUMN "asked_tags" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "benchmarks" ADD COLUMN "progressed_at" timestamp (3) with time zone;