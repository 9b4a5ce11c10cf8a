-- name: trigger_payload
-- Read a trigger's data.
SELECT trigger_data FROM executions WHERE id = :execution_id;

-- name: input_payload
-- Read a node execution's input.
SELECT input FROM node_executions
WHERE execution_id = :execution_id AND sequence = :sequence AND (:node_id IS NULL OR node_id = :node_id)
ORDER BY node_id LIMIT 1;

-- name: output_payload
-- Read a node execution's output.
SELECT output FROM node_executions
WHERE execution_id = :execution_id AND sequence = :sequence AND (:node_id IS NULL OR node_id = :node_id)
ORDER BY node_id LIMIT 1;

-- name: logs_payload
-- Read a node execution's log records.
SELECT logs FROM node_executions
WHERE execution_id = :execution_id AND sequence = :sequence AND (:node_id IS NULL OR node_id = :node_id)
ORDER BY node_id LIMIT 1;

-- name: payload_key
-- Read the size and the hash of a stored payload.
SELECT size, hash FROM payloads WHERE id = ?;

-- name: count
-- Count all executions.
SELECT coalesce(sum(count), 0) FROM execution_aggregates;

-- name: running_processes
-- List the processes that have running executions.
SELECT DISTINCT process_id FROM executions INDEXED BY executions_running
WHERE status = 'running' AND process_id IS NOT NULL
ORDER BY process_id;

-- name: unfinished_executions
-- For each process, count its running executions, give an example, and read when the process was last heard of.
SELECT
  process_id, count(*), min(id),
  coalesce((SELECT last_seen FROM processes WHERE id = process_id), max(started_at))
FROM executions INDEXED BY executions_running
WHERE status = 'running' AND process_id IS NOT NULL
GROUP BY process_id;

-- name: unfinished_nodes
-- For each process, count running nodes in executions that have ended or belong to another process, with an example.
SELECT
  coalesce(n.process_id, e.process_id) AS process, count(*), min(e.id),
  coalesce((SELECT last_seen FROM processes WHERE id = coalesce(n.process_id, e.process_id)), max(e.started_at))
FROM node_executions AS n INDEXED BY node_executions_running CROSS JOIN executions AS e ON e.id = n.execution_id
WHERE n.status = 'running' AND (e.status <> 'running' OR n.process_id IS NOT NULL)
GROUP BY process;
