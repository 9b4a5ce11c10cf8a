-- name: add_executions
-- Add the changes of one transaction to the counts of executions.
INSERT INTO execution_aggregates (workflow_id, project_id, hour, status, bucket, slot, count, duration_us)
SELECT workflow_id, project_id, hour, status, bucket, %(slot)s, number, duration_us
FROM unnest(
  %(workflow_ids)s::text[], %(project_ids)s::text[], %(hours)s::text[], %(statuses)s::text[],
  %(buckets)s::integer[], %(counts)s::bigint[], %(durations)s::numeric[]
) AS added (workflow_id, project_id, hour, status, bucket, number, duration_us)
ON CONFLICT (workflow_id, project_id, hour, status, bucket, slot) DO UPDATE SET
  count = execution_aggregates.count + excluded.count,
  duration_us = execution_aggregates.duration_us + excluded.duration_us;

-- name: add_nodes
-- Add the changes of one transaction to the counts of node executions.
INSERT INTO node_aggregates (workflow_id, project_id, hour, node_id, status, bucket, slot, count, duration_us)
SELECT workflow_id, project_id, hour, node_id, status, bucket, %(slot)s, number, duration_us
FROM unnest(
  %(workflow_ids)s::text[], %(project_ids)s::text[], %(hours)s::text[], %(node_ids)s::text[], %(statuses)s::text[],
  %(buckets)s::integer[], %(counts)s::bigint[], %(durations)s::numeric[]
) AS added (workflow_id, project_id, hour, node_id, status, bucket, number, duration_us)
ON CONFLICT (workflow_id, project_id, hour, node_id, status, bucket, slot) DO UPDATE SET
  count = node_aggregates.count + excluded.count,
  duration_us = node_aggregates.duration_us + excluded.duration_us;

-- name: executions
-- Read the columns by which executions are counted.
SELECT workflow_id, project_id, started_at, status, duration_ms FROM executions
WHERE ordinal = ANY(%(ordinals)s::bigint[]);

-- name: nodes
-- Read the columns by which the node executions of executions are counted.
SELECT e.workflow_id, e.project_id, e.started_at, n.node_id, n.status, n.duration_ms
FROM executions AS e JOIN node_executions AS n ON n.execution_id = e.id
WHERE e.ordinal = ANY(%(ordinals)s::bigint[]);

-- name: try_roll_up
-- Be the only receiver that rolls counts up, until the end of the transaction.
SELECT pg_try_advisory_xact_lock(hashtextextended(%(key)s, 0));

-- name: roll_up_executions
-- Add rows of connections to the row without a connection, and return how many, and which rows count nothing any more.
-- Rows in use are left for the next time, so that this waits for nobody.
WITH taken AS MATERIALIZED (
  SELECT ctid FROM execution_aggregates WHERE slot >= 0 AND hour < %(before)s
  ORDER BY hour LIMIT %(number)s FOR UPDATE SKIP LOCKED
), gone AS (
  DELETE FROM execution_aggregates WHERE ctid IN (SELECT ctid FROM taken) RETURNING *
), added AS (
  INSERT INTO execution_aggregates (workflow_id, project_id, hour, status, bucket, slot, count, duration_us)
  SELECT workflow_id, project_id, hour, status, bucket, -1, sum(count), sum(duration_us) FROM gone GROUP BY 1, 2, 3, 4, 5
  ON CONFLICT (workflow_id, project_id, hour, status, bucket, slot) DO UPDATE SET
    count = execution_aggregates.count + excluded.count,
    duration_us = execution_aggregates.duration_us + excluded.duration_us
  RETURNING ctid::text AS place, count, duration_us
)
SELECT
  (SELECT count(*) FROM gone),
  (SELECT coalesce(array_agg(place), '{}') FROM added WHERE count = 0 AND duration_us = 0);

-- name: roll_up_nodes
-- Add rows of connections to the row without a connection, as for executions.
WITH taken AS MATERIALIZED (
  SELECT ctid FROM node_aggregates WHERE slot >= 0 AND hour < %(before)s
  ORDER BY hour LIMIT %(number)s FOR UPDATE SKIP LOCKED
), gone AS (
  DELETE FROM node_aggregates WHERE ctid IN (SELECT ctid FROM taken) RETURNING *
), added AS (
  INSERT INTO node_aggregates (workflow_id, project_id, hour, node_id, status, bucket, slot, count, duration_us)
  SELECT workflow_id, project_id, hour, node_id, status, bucket, -1, sum(count), sum(duration_us)
  FROM gone GROUP BY 1, 2, 3, 4, 5, 6
  ON CONFLICT (workflow_id, project_id, hour, node_id, status, bucket, slot) DO UPDATE SET
    count = node_aggregates.count + excluded.count,
    duration_us = node_aggregates.duration_us + excluded.duration_us
  RETURNING ctid::text AS place, count, duration_us
)
SELECT
  (SELECT count(*) FROM gone),
  (SELECT coalesce(array_agg(place), '{}') FROM added WHERE count = 0 AND duration_us = 0);

-- name: forget_empty_executions
-- Delete rows that count nothing any more, by their places in the table.
DELETE FROM execution_aggregates WHERE ctid = ANY(%(places)s::tid[]);

-- name: forget_empty_nodes
-- Delete rows that count nothing any more, by their places in the table.
DELETE FROM node_aggregates WHERE ctid = ANY(%(places)s::tid[]);
