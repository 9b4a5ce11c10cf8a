-- name: counted_nodes
-- Read the columns by which the aggregates count an execution's nodes.
SELECT node_id, status, duration_ms FROM node_executions WHERE execution_id = ?;

-- name: innermost_node
-- Find the newest running node execution of the execution's own process.
SELECT node_id FROM node_executions
WHERE execution_id = ? AND status = 'running' AND process_id IS NULL
ORDER BY sequence DESC, node_id DESC LIMIT 1;

-- name: previous_run
-- The run before, to which an execution is linked without a record that says so.
SELECT previous_run FROM executions WHERE id = ?;
