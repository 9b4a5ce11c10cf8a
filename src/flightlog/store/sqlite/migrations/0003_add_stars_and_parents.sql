-- From version 2 to version 3: executions that people mark, and finding the sub-workflows of one.
ALTER TABLE executions ADD COLUMN starred INTEGER NOT NULL DEFAULT 0;

CREATE INDEX executions_starred ON executions (started_at) WHERE starred = 1;
CREATE INDEX executions_by_parent ON executions (parent_execution_id, started_at) WHERE parent_execution_id IS NOT NULL;
