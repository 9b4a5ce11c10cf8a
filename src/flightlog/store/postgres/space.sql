-- name: days
-- Count the executions of each workflow by day, with the last hour up to a time in which one ended well.
SELECT
  workflow_id, left(hour, 10), sum(number),
  coalesce(max(hour) FILTER (WHERE status = 'success' AND number > 0 AND hour <= %(latest)s), '')
FROM (
  SELECT workflow_id, hour, status, sum(count) AS number FROM execution_aggregates GROUP BY 1, 2, 3
) AS hours
GROUP BY 1, 2
HAVING sum(number) > 0
ORDER BY 1, 2;

-- name: runs_from
-- Find a workflow's first execution from each of several times on.
SELECT run.* FROM unnest(%(begins)s::text[]) AS begin
CROSS JOIN LATERAL (
  SELECT ordinal, id, workflow_name FROM executions
  WHERE workflow_id = %(workflow_id)s AND started_at >= begin
  ORDER BY started_at, ordinal LIMIT 1
) AS run;

-- name: newest_runs
-- Find a workflow's newest executions.
SELECT ordinal, id, workflow_name FROM executions
WHERE workflow_id = %(workflow_id)s ORDER BY started_at DESC, ordinal DESC LIMIT %(number)s;

-- name: newest_good
-- Find a workflow's newest successful execution, from an hour on in which there is one, up to a time.
SELECT ordinal, id, workflow_name FROM executions
WHERE workflow_id = %(workflow_id)s AND started_at >= %(hour)s AND started_at <= %(latest)s AND status = 'success'
ORDER BY started_at DESC, ordinal DESC LIMIT 1;

-- name: count_starred
-- Count the starred executions.
SELECT count(*) FROM executions WHERE starred = 1;

-- name: starred
-- Find starred executions, the newest first.
SELECT ordinal, id, workflow_name FROM executions
WHERE starred = 1 ORDER BY started_at DESC, ordinal DESC LIMIT %(number)s;

-- name: sizes_of_runs
-- Estimate the bytes of executions: the rows as retention.sql does, and the payloads. An execution's first nodes stand
-- for the others, and a shared payload counts in part. A reference is a zero byte and the payload's id.
WITH run AS (
  SELECT e.*, (SELECT count(*) FROM node_executions AS n WHERE n.execution_id = e.id) AS nodes
  FROM executions AS e WHERE e.ordinal = ANY(%(ordinals)s::bigint[])
), node AS (
  SELECT n.*, run.nodes::float / least(run.nodes, %(most_nodes)s) AS factor
  FROM run CROSS JOIN LATERAL (
    SELECT * FROM node_executions AS n WHERE n.execution_id = run.id ORDER BY sequence, node_id LIMIT %(most_nodes)s
  ) AS n
), value AS (
  SELECT trigger_data AS value, 1.0 AS factor FROM run WHERE trigger_data IS NOT NULL
  UNION ALL
  SELECT each.value, factor FROM node CROSS JOIN LATERAL (VALUES (input), (output), (logs)) AS each (value)
  WHERE each.value IS NOT NULL
)
SELECT
  coalesce((
    SELECT sum(500 + octet_length(id) + octet_length(workflow_id) * 3 + coalesce(octet_length(error_stack), 0)) FROM run
  ), 0)
  + coalesce((
    SELECT sum(factor * (
      200 + octet_length(node_id) * 2 + octet_length(node_name) + octet_length(node_type)
      + coalesce(octet_length(error_stack), 0)
    )) FROM node
  ), 0)
  + coalesce((SELECT sum(factor * octet_length(value)) FROM value WHERE get_byte(value, 0) <> 0), 0),
  (
    SELECT sum(factor * (150.0 + octet_length(payloads.data)) / greatest(refs, 1))
    FROM (
      SELECT factor, ('x' || encode(substr(value, 2), 'hex'))::bit(64)::bigint AS id
      FROM value WHERE get_byte(value, 0) = 0
    ) AS held
    JOIN payloads ON payloads.id = held.id
  );

-- name: removed_runs
-- Describe executions by status and workflow.
SELECT status, workflow_id, max(workflow_name), count(*), min(started_at), max(started_at)
FROM executions WHERE ordinal = ANY(%(ordinals)s::bigint[])
GROUP BY 1, 2;
