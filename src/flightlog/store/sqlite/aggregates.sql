-- name: add_execution_aggregates
-- Add the changes of one transaction to the counts of executions.
INSERT INTO execution_aggregates (workflow_id, project_id, hour, status, bucket, count, duration_us)
VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET count = count + excluded.count, duration_us = CAST(duration_us + excluded.duration_us AS INTEGER);

-- name: add_node_aggregates
-- Add the changes of one transaction to the counts of node executions.
INSERT INTO node_aggregates (workflow_id, project_id, hour, node_id, status, bucket, count, duration_us)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET count = count + excluded.count, duration_us = CAST(duration_us + excluded.duration_us AS INTEGER);

-- name: subtract_execution_aggregates
-- Subtract executions, given as a JSON list of ordinals.
INSERT INTO execution_aggregates (workflow_id, project_id, hour, status, bucket, count, duration_us)
SELECT
  workflow_id, coalesce(project_id, ''), substr(started_at, 1, 13), status, duration_bucket(duration_ms),
  -count(*), -CAST(total(duration_us(duration_ms)) AS INTEGER)
FROM executions
WHERE ordinal IN (SELECT value FROM json_each(?))
GROUP BY 1, 2, 3, 4, 5
ON CONFLICT DO UPDATE SET count = count + excluded.count, duration_us = CAST(duration_us + excluded.duration_us AS INTEGER);

-- name: subtract_node_aggregates
-- Subtract the node executions of executions, given as a JSON list of ordinals.
INSERT INTO node_aggregates (workflow_id, node_id, project_id, hour, status, bucket, count, duration_us)
SELECT
  e.workflow_id, n.node_id, coalesce(e.project_id, ''), substr(e.started_at, 1, 13), n.status,
  duration_bucket(n.duration_ms), -count(*), -CAST(total(duration_us(n.duration_ms)) AS INTEGER)
FROM executions AS e
JOIN node_executions AS n ON n.execution_id = e.id
WHERE e.ordinal IN (SELECT value FROM json_each(?))
GROUP BY 1, 2, 3, 4, 5, 6
ON CONFLICT DO UPDATE SET count = count + excluded.count, duration_us = CAST(duration_us + excluded.duration_us AS INTEGER);

-- name: drop_empty_execution_aggregates
-- Delete rows whose count is 0.
DELETE FROM execution_aggregates WHERE count = 0;

-- name: drop_empty_node_aggregates
-- Delete rows whose count is 0.
DELETE FROM node_aggregates WHERE count = 0;
