-- name: deleted_among
-- Which of a JSON list of ids were deleted.
SELECT id FROM deleted_executions WHERE id IN (SELECT value FROM json_each(?));

-- name: counted_nodes
-- What the aggregates count of an execution's nodes.
SELECT node_id, status, duration_ms FROM node_executions WHERE execution_id = ?;
