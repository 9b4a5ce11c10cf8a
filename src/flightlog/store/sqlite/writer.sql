-- name: deleted_among
-- Which of a JSON list of ids were deleted.
SELECT id FROM deleted_executions WHERE id IN (SELECT value FROM json_each(?));

-- name: counted_nodes
-- What the aggregates count of an execution's nodes.
SELECT node_id, status, duration_ms FROM node_executions WHERE execution_id = ?;

-- name: matching_ordinals
-- The next executions of a workflow to erase.
SELECT ordinal FROM executions
WHERE workflow_id = ?1 AND (?2 IS NULL OR project_id = ?2)
LIMIT ?3;

-- name: ordinal_of
-- An execution by its id.
SELECT ordinal FROM executions WHERE id = ?;

-- name: remember_deleted
-- Tombstones for executions about to be erased, given as a JSON list of ordinals.
INSERT INTO deleted_executions (id, deleted_at)
SELECT id, ?2 FROM executions WHERE ordinal IN (SELECT value FROM json_each(?1));

-- name: erase
-- The executions themselves; the foreign key takes their node executions along.
DELETE FROM executions WHERE ordinal IN (SELECT value FROM json_each(?));
