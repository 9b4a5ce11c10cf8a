-- name: trigger_payload
-- A trigger's data.
SELECT trigger_data FROM executions WHERE id = :execution_id;

-- name: input_payload
-- A node execution's input.
SELECT input FROM node_executions
WHERE execution_id = :execution_id AND sequence = :sequence
ORDER BY node_id LIMIT 1;

-- name: output_payload
-- A node execution's output.
SELECT output FROM node_executions
WHERE execution_id = :execution_id AND sequence = :sequence
ORDER BY node_id LIMIT 1;

-- name: count
-- All executions.
SELECT coalesce(sum(count), 0) FROM execution_aggregates;

-- name: running_processes
-- The processes that have executions still running.
SELECT DISTINCT process_id FROM executions INDEXED BY executions_running
WHERE status = 'running' AND process_id IS NOT NULL
ORDER BY process_id;
