-- name: ids_of_workflow
-- Find the next executions of a workflow to erase.
SELECT ordinal, id FROM executions
WHERE workflow_id = ?1 AND (?2 IS NULL OR project_id = ?2)
LIMIT ?3;

-- name: ids_started_before
-- Find the next executions to erase: unstarred ones that have ended and started before a time.
SELECT ordinal, id FROM executions INDEXED BY executions_by_status
WHERE status IN ('success', 'error') AND started_at < ?1 AND starred = 0
LIMIT ?2;

-- name: with_id
-- Find an execution by its id.
SELECT ordinal, id FROM executions WHERE id = ?;

-- name: with_ids
-- Find executions by ids, given as a JSON list.
SELECT ordinal, id FROM executions WHERE id IN (SELECT value FROM json_each(?));

-- name: remember_deleted
-- Insert tombstones for executions that are about to be erased, given as a JSON list of ordinals.
INSERT INTO deleted_executions (id, run_id, deleted_at)
SELECT coalesce(reused_id, id), coalesce(run_id, '00000000-0000-0000-0000-000000000000'), ?2 FROM executions WHERE ordinal IN (SELECT value FROM json_each(?1));

-- name: erase
-- Delete executions; the foreign key also deletes their node executions.
DELETE FROM executions WHERE ordinal IN (SELECT value FROM json_each(?));

-- name: references
-- List the payloads that executions hold, once for each column that holds one.
SELECT trigger_data FROM executions
WHERE ordinal IN (SELECT value FROM json_each(?1)) AND typeof(trigger_data) = 'integer'
UNION ALL
SELECT input FROM node_executions
WHERE execution_id IN (SELECT id FROM executions WHERE ordinal IN (SELECT value FROM json_each(?1))) AND typeof(input) = 'integer'
UNION ALL
SELECT output FROM node_executions
WHERE execution_id IN (SELECT id FROM executions WHERE ordinal IN (SELECT value FROM json_each(?1))) AND typeof(output) = 'integer'
UNION ALL
SELECT logs FROM node_executions
WHERE execution_id IN (SELECT id FROM executions WHERE ordinal IN (SELECT value FROM json_each(?1))) AND typeof(logs) = 'integer';

-- name: drop_trigger_data
-- Put placeholders in the place of the payloads of executions.
UPDATE executions
SET trigger_data = (SELECT dropped_payload(size) FROM payloads WHERE id = trigger_data)
WHERE ordinal IN (SELECT value FROM json_each(?)) AND typeof(trigger_data) = 'integer';

-- name: drop_node_payloads
-- Put placeholders in the place of the payloads of node executions.
UPDATE node_executions
SET
  input = CASE typeof(input)
    WHEN 'integer' THEN (SELECT dropped_payload(size) FROM payloads WHERE id = input) ELSE input END,
  output = CASE typeof(output)
    WHEN 'integer' THEN (SELECT dropped_payload(size) FROM payloads WHERE id = output) ELSE output END,
  logs = CASE typeof(logs)
    WHEN 'integer' THEN (SELECT dropped_payload(size) FROM payloads WHERE id = logs) ELSE logs END
WHERE execution_id IN (SELECT id FROM executions WHERE ordinal IN (SELECT value FROM json_each(?)))
  AND 'integer' IN (typeof(input), typeof(output), typeof(logs));

-- name: release
-- Count fewer references to a payload.
UPDATE payloads SET refs = refs - ? WHERE id = ?;

-- name: delete_nodes
-- Delete the node executions of executions.
DELETE FROM node_executions WHERE execution_id IN (SELECT id FROM executions WHERE ordinal IN (SELECT value FROM json_each(?)));
