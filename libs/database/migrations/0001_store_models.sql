CREATE TABLE "job_models" (
	"job_id" uuid NOT NULL,
	"model_id" text NOT NULL,
	CONSTRAINT "job_models_job_id_model_id_pk" PRIMARY KEY("job_id","model_id")
);
--> statement-breakpoint
CREATE TABLE "stage_checkpoints" (
	"digest" text NOT NULL,
	"key" text NOT NULL,
	"bytes" bigint NOT NULL,
	"stored" boolean DEFAULT false NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "stage_checkpoints_key_digest_pk" PRIMARY KEY("key","digest")
);
--> statement-breakpoint
ALTER TABLE "job_models" ADD CONSTRAINT "job_models_job_id_jobs_id_fk" FOREIGN KEY ("job_id") REFERENCES "public"."jobs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "job_models" ADD CONSTRAINT "job_models_model_id_models_id_fk" FOREIGN KEY ("model_id") REFERENCES "public"."models"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "job_models_by_model" ON "job_models" USING btree ("model_id");