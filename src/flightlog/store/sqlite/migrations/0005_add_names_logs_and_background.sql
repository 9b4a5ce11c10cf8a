-- Migrate from version 4 to version 5: an execution's name, a node execution's logs, and whether it is background work.
ALTER TABLE executions ADD COLUMN name TEXT;
ALTER TABLE node_executions ADD COLUMN logs BLOB;
ALTER TABLE node_executions ADD COLUMN background INTEGER;

CREATE TRIGGER node_executions_release_logs AFTER DELETE ON node_executions
WHEN typeof(OLD.logs) = 'integer'
BEGIN
  UPDATE payloads SET refs = refs - 1 WHERE id = OLD.logs;
END;
