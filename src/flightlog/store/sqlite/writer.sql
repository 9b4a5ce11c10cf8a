-- name: running_nodes_of_process
-- Find a process's running node executions: in other processes' executions, and in its own ended executions. Also
-- read the columns by which the aggregates count their executions; the caller replaces {columns}.
SELECT {columns}, e.workflow_id, e.project_id, e.started_at
FROM node_executions AS n INDEXED BY node_executions_running CROSS JOIN executions AS e ON e.id = n.execution_id
WHERE n.status = 'running' AND coalesce(n.process_id, e.process_id) = ?
LIMIT ?;
