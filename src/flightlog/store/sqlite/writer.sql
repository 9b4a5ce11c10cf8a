-- name: running_nodes_of_process
-- Running node executions of a process: those that it runs in executions of others, and those in executions of
-- its own that have ended; then, of their executions, what the aggregates count by; {columns} is filled in.
SELECT {columns}, e.workflow_id, e.project_id, e.started_at
FROM node_executions AS n INDEXED BY node_executions_running CROSS JOIN executions AS e ON e.id = n.execution_id
WHERE n.status = 'running' AND coalesce(n.process_id, e.process_id) = ?
LIMIT ?;
