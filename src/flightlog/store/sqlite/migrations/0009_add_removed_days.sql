-- Migrate from version 8 to version 9: count the executions that retention removes, because nothing else says that they
-- existed.
CREATE TABLE removed_days (
  day TEXT NOT NULL,                   -- the day of the executions' starts, 2026-11-22
  workflow_id TEXT NOT NULL,
  project_id TEXT NOT NULL,            -- empty: none
  success INTEGER NOT NULL,            -- how many executions ended well
  error INTEGER NOT NULL,
  timed INTEGER NOT NULL,              -- how many of them had a duration
  duration_us INTEGER NOT NULL,        -- the sum of the durations
  PRIMARY KEY (day, workflow_id, project_id)
) WITHOUT ROWID;
