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

-- name: running_nodes_of_process
-- Find a process's running node executions: in other processes' executions, and in its own ended executions. Also
-- read the columns by which the aggregates count their executions; the caller replaces {columns}.
SELECT {columns}, e.workflow_id, e.project_id, e.started_at
FROM node_executions AS n INDEXED BY node_executions_running CROSS JOIN executions AS e ON e.id = n.execution_id
WHERE n.status = 'running' AND coalesce(n.process_id, e.process_id) = ?
LIMIT ?;
