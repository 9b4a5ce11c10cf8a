-- Executions that retention has removed.
CREATE TABLE removed_days (
  day text COLLATE "C" NOT NULL,          -- the day of the executions' starts, 2026-11-22
  workflow_id text COLLATE "C" NOT NULL,
  project_id text COLLATE "C" NOT NULL,   -- empty: none
  success bigint NOT NULL,                -- how many executions ended well
  error bigint NOT NULL,
  timed bigint NOT NULL,                  -- how many of them had a duration
  duration_us numeric NOT NULL,           -- the sum of the durations
  PRIMARY KEY (day, workflow_id, project_id)
);
