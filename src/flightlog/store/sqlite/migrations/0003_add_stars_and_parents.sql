-- Migrate from version 2 to version 3: add stars, and an index of sub-workflows.
ALTER TABLE executions ADD COLUMN starred INTEGER NOT NULL DEFAULT 0;

CREATE INDEX executions_starred ON executions (started_at) WHERE starred = 1;
CREATE INDEX executions_by_parent ON executions (parent_execution_id, started_at) WHERE parent_execution_id IS NOT NULL;
