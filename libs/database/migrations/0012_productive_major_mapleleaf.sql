ALTER TABLE "stage_checkpoints" ADD COLUMN "epochs" integer;--> statement-breakpoint
ALTER TABLE "stage_checkpoints" ADD COLUMN "job_id" uuid;