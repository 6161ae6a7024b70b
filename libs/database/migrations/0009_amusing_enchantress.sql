CREATE INDEX "job_stages_by_key" ON "job_stages" USING btree ("key");--> statement-breakpoint
CREATE INDEX "job_stages_by_model" ON "job_stages" USING btree ("model_digest");