-- name: trigger_payload
-- A trigger's data.
SELECT trigger_data FROM executions WHERE id = :execution_id;

-- name: input_payload
-- A node execution's input.
SELECT input FROM node_executions
WHERE execution_id = :execution_id AND sequence = :sequence AND (:node_id IS NULL OR node_id = :node_id)
ORDER BY node_id LIMIT 1;

-- name: output_payload
-- A node execution's output.
SELECT output FROM node_executions
WHERE execution_id = :execution_id AND sequence = :sequence AND (:node_id IS NULL OR node_id = :node_id)
ORDER BY node_id LIMIT 1;

-- name: count
-- All executions.
SELECT coalesce(sum(count), 0) FROM execution_aggregates;

-- name: running_processes
-- The processes that have executions still running.
SELECT DISTINCT process_id FROM executions INDEXED BY executions_running
WHERE status = 'running' AND process_id IS NOT NULL
ORDER BY process_id;

-- name: unfinished_executions
-- How many executions each process runs, one of them, and when the process was last heard of.
SELECT
  process_id, count(*), min(id),
  coalesce((SELECT last_seen FROM processes WHERE id = process_id), max(started_at))
FROM executions INDEXED BY executions_running
WHERE status = 'running' AND process_id IS NOT NULL
GROUP BY process_id;

-- name: unfinished_nodes
-- The same of node executions in executions that have ended or are another process's; one of those executions.
SELECT
  coalesce(n.process_id, e.process_id) AS process, count(*), min(e.id),
  coalesce((SELECT last_seen FROM processes WHERE id = coalesce(n.process_id, e.process_id)), max(e.started_at))
FROM node_executions AS n INDEXED BY node_executions_running CROSS JOIN executions AS e ON e.id = n.execution_id
WHERE n.status = 'running' AND (e.status <> 'running' OR n.process_id IS NOT NULL)
GROUP BY process;
