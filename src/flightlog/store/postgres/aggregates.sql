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
