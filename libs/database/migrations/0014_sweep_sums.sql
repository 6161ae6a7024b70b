CREATE TABLE "sweep_marks" (
	"sweep_id" uuid NOT NULL,
	"mark" uuid NOT NULL,
	CONSTRAINT "sweep_marks_sweep_id_mark_pk" PRIMARY KEY("sweep_id","mark")
);
--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "summed" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "sweeps" ADD COLUMN "sums" jsonb;--> statement-breakpoint
ALTER TABLE "sweep_marks" ADD CONSTRAINT "sweep_marks_sweep_id_sweeps_id_fk" FOREIGN KEY ("sweep_id") REFERENCES "public"."sweeps"("id") ON DELETE cascade ON UPDATE no action;