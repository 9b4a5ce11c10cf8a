-- name: next_ended
-- Find the next executions of a status in the order of their starts, and whether they have to stay. A start after the
-- last argument is no newest one.
SELECT
  ordinal, id, started_at,
  starred = 1 OR (
    status = 'success' AND started_at <= ?5 AND NOT EXISTS (
      SELECT 1 FROM executions AS newer
      WHERE newer.workflow_id = executions.workflow_id AND newer.started_at > executions.started_at
        AND newer.started_at <= ?5 AND newer.status = 'success'
    ) AND NOT EXISTS (
      SELECT 1 FROM executions AS newer
      WHERE newer.workflow_id = executions.workflow_id AND newer.started_at = executions.started_at
        AND newer.ordinal > executions.ordinal AND newer.status = 'success'
    )
  )
FROM executions INDEXED BY executions_by_status
WHERE status = ?1 AND started_at >= ?2 AND (started_at > ?2 OR ordinal > ?3)
ORDER BY started_at, ordinal
LIMIT ?4;

-- name: crowded_workflows
-- List the workflows that have more executions than a number.
SELECT workflow_id FROM execution_aggregates GROUP BY workflow_id HAVING sum(count) > ?;

-- name: newest_kept
-- Find the start and the ordinal of the last of a workflow's newest executions that stay.
SELECT started_at, ordinal FROM executions
WHERE workflow_id = ?1 AND started_at <= ?3 ORDER BY started_at DESC, ordinal DESC LIMIT 1 OFFSET ?2;

-- name: oldest_of_workflow
-- Find the next executions of a workflow before one of them that don't have to stay. Many may have the same start.
SELECT ordinal, id, started_at
FROM executions
WHERE workflow_id = ?1 AND started_at <= ?2 AND (started_at < ?2 OR ordinal < ?3)
  AND status <> 'running' AND starred = 0
  AND started_at >= ?4 AND (started_at > ?4 OR ordinal > ?5)
  AND (
    status <> 'success' OR EXISTS (
      SELECT 1 FROM executions AS newer
      WHERE newer.workflow_id = executions.workflow_id AND newer.started_at > executions.started_at
        AND newer.started_at <= ?7 AND newer.status = 'success'
    ) OR EXISTS (
      SELECT 1 FROM executions AS newer
      WHERE newer.workflow_id = executions.workflow_id AND newer.started_at = executions.started_at
        AND newer.ordinal > executions.ordinal AND newer.status = 'success'
    )
  )
ORDER BY started_at, ordinal
LIMIT ?6;

-- name: estimate_payloads
-- Estimate the bytes of the payloads that only these executions hold; 40 are the row's own.
WITH held (payload_id) AS (
  SELECT trigger_data FROM executions WHERE ordinal IN (SELECT value FROM json_each(?1))
  UNION ALL SELECT input FROM node_executions
  WHERE execution_id IN (SELECT id FROM executions WHERE ordinal IN (SELECT value FROM json_each(?1)))
  UNION ALL SELECT output FROM node_executions
  WHERE execution_id IN (SELECT id FROM executions WHERE ordinal IN (SELECT value FROM json_each(?1)))
  UNION ALL SELECT logs FROM node_executions
  WHERE execution_id IN (SELECT id FROM executions WHERE ordinal IN (SELECT value FROM json_each(?1)))
), counted (payload_id, number) AS (
  SELECT payload_id, count(*) FROM held WHERE typeof(payload_id) = 'integer' GROUP BY payload_id
)
SELECT sum(40 + length(data)) FROM counted JOIN payloads ON id = payload_id WHERE refs <= number;

-- name: estimate_nodes
-- Estimate the bytes of these executions' node executions; 200 are a row's own, with its indexes.
SELECT sum(200 + length(node_id) * 2 + length(node_name) + length(node_type) + coalesce(length(error_stack), 0))
FROM node_executions
WHERE execution_id IN (SELECT id FROM executions WHERE ordinal IN (SELECT value FROM json_each(?)));

-- name: estimate_execution
-- Estimate the bytes of executions; 500 are a row's own, with its indexes.
SELECT sum(500 + length(id) + length(workflow_id) * 3 + coalesce(length(error_stack), 0))
FROM executions WHERE ordinal IN (SELECT value FROM json_each(?));

-- name: forget_processes
-- Forget processes that miss no message and were last heard of before the oldest execution began.
DELETE FROM processes
WHERE missing_count = 0 AND last_seen < (SELECT min(started_at) FROM executions)
  AND id IN (SELECT id FROM processes LIMIT 1000);
