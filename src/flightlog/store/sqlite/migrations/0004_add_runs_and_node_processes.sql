-- Migrate from version 3 to version 4: several runs share one id, each with its own row and tombstone. Also store
-- the process of a node execution, so that node executions of a dead process are found and marked as crashed.
ALTER TABLE executions ADD COLUMN run_id TEXT;
ALTER TABLE executions ADD COLUMN parent_run_id TEXT;
ALTER TABLE executions ADD COLUMN reused_id TEXT;
ALTER TABLE executions ADD COLUMN previous_run TEXT;
ALTER TABLE node_executions ADD COLUMN process_id TEXT;

ALTER TABLE deleted_executions RENAME TO deleted_executions_3;
CREATE TABLE deleted_executions (
  id TEXT NOT NULL,                    -- the id that the run was started under
  run_id TEXT NOT NULL,                -- zeros: records without runId
  deleted_at TEXT NOT NULL,
  PRIMARY KEY (id, run_id)
) WITHOUT ROWID;
INSERT INTO deleted_executions (id, run_id, deleted_at)
SELECT id, '00000000-0000-0000-0000-000000000000', deleted_at FROM deleted_executions_3;
DROP TABLE deleted_executions_3;

CREATE INDEX executions_reused ON executions (reused_id, run_id) WHERE reused_id IS NOT NULL;
CREATE INDEX node_executions_running ON node_executions (execution_id, process_id) WHERE status = 'running';
