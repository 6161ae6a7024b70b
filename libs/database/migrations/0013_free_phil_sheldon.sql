ALTER TABLE "jobs" ADD COLUMN "sought" text GENERATED ALWAYS AS (lower(coalesce("name", '') || ' ' || coalesce("recipe"->>'name', '') || ' ' || jsonb_path_query_array("recipe", '$.passes[*].pass')::text)) STORED;--> statement-breakpoint
DO $$
BEGIN
  CREATE EXTENSION IF NOT EXISTS pg_trgm;
  CREATE INDEX "jobs_by_trigrams" ON "jobs" USING gin ("sought" gin_trgm_ops) WHERE "sweep_id" IS NULL;
EXCEPTION WHEN OTHERS THEN
  RAISE NOTICE 'jobs are looked for without an index of trigrams: %', SQLERRM;
END $$;
