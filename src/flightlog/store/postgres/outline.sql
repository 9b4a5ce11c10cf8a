-- name: exists
-- Check whether an execution exists.
SELECT 1 FROM executions WHERE id = %(id)s;

-- name: neighbours
-- Find the executions of a workflow before and after a position. The newest success before it is searched among the
-- 20,000 executions before it; failures have an index of their own.
SELECT
  (
    SELECT id FROM executions
    WHERE workflow_id = %(workflow_id)s AND (started_at, ordinal) < (%(started_at)s, %(ordinal)s)
    ORDER BY started_at DESC, ordinal DESC LIMIT 1
  ),
  (
    SELECT id FROM executions
    WHERE workflow_id = %(workflow_id)s AND (started_at, ordinal) > (%(started_at)s, %(ordinal)s)
    ORDER BY started_at, ordinal LIMIT 1
  ),
  (
    SELECT id FROM (
      SELECT id, status, started_at, ordinal FROM executions
      WHERE workflow_id = %(workflow_id)s AND (started_at, ordinal) < (%(started_at)s, %(ordinal)s)
      ORDER BY started_at DESC, ordinal DESC LIMIT 20000
    ) AS earlier
    WHERE status = 'success' ORDER BY started_at DESC, ordinal DESC LIMIT 1
  ),
  (
    SELECT id FROM executions
    WHERE workflow_id = %(workflow_id)s AND status = 'error' AND status <> 'success'
      AND (started_at, ordinal) < (%(started_at)s, %(ordinal)s)
    ORDER BY started_at DESC, ordinal DESC LIMIT 1
  );

-- name: children
-- List the executions that an execution ran as sub-workflows, in order.
SELECT id, workflow_name, status FROM executions
WHERE parent_execution_id = %(id)s
ORDER BY started_at, ordinal LIMIT 1000;

-- name: children_of_run
-- List the sub-workflows of one run if several runs share its id. A child that doesn't name the run of its parent
-- belongs to the run that is shown under the id.
SELECT id, workflow_name, status FROM executions
WHERE parent_execution_id IN (%(execution_id)s, %(address)s)
  AND (parent_execution_id = %(address)s OR coalesce(parent_run_id, %(shown_run_id)s) = %(run_id)s)
ORDER BY started_at, ordinal LIMIT 1000;

-- name: usual_of_workflow
-- Read durations of a workflow's executions since an hour, from only the newest rows of the aggregates.
SELECT bucket, sum(count) FROM (
  SELECT bucket, count, status FROM execution_aggregates
  WHERE workflow_id = %(workflow_id)s AND project_id = %(project_id)s AND hour >= %(hour)s
  ORDER BY hour DESC LIMIT 20000
) AS newest
WHERE status IN ('success', 'error') GROUP BY bucket HAVING sum(count) > 0;

-- name: usual_of_nodes
-- Read durations of a workflow's nodes since an hour, from only the newest rows of the aggregates.
SELECT node_id, bucket, sum(count) FROM (
  SELECT node_id, bucket, count, status FROM node_aggregates
  WHERE workflow_id = %(workflow_id)s AND project_id = %(project_id)s AND hour >= %(hour)s
  ORDER BY hour DESC LIMIT 50000
) AS newest
WHERE status IN ('success', 'error') GROUP BY node_id, bucket HAVING sum(count) > 0;

-- name: progress
-- Read one letter per node execution, in order. The node that stands for the whole workflow doesn't count.
SELECT n.execution_id, string_agg(
  CASE n.status WHEN 'success' THEN 's' WHEN 'error' THEN 'e' WHEN 'running' THEN 'r' WHEN 'skipped' THEN 'k' ELSE 'p' END,
  '' ORDER BY n.sequence, n.node_id
)
FROM node_executions AS n JOIN executions AS e ON e.id = n.execution_id
WHERE n.execution_id = ANY(%(ids)s)
  AND NOT (n.node_type = 'workflow' AND n.parent_sequence IS NULL AND n.node_id = e.workflow_id)
GROUP BY n.execution_id;

-- name: last_seen
-- Read when the processes of executions gave their last signs of life. Former versions took a delivery for one: that of
-- an execution whose first message came late, and whose process was not heard of for long after it.
SELECT e.id, p.last_seen
FROM executions AS e JOIN processes AS p ON p.id = e.process_id
WHERE e.id = ANY(%(ids)s) AND NOT (
  extract(epoch FROM e.created_at::timestamptz - e.started_at::timestamptz) > %(late_s)s
  AND extract(epoch FROM p.last_seen::timestamptz - e.created_at::timestamptz) BETWEEN 0 AND %(late_s)s
);

-- name: ids_with_prefix
-- List the ids from a text to the last text that begins with it, in their order.
SELECT id FROM executions WHERE id BETWEEN %(start)s AND %(last)s AND reused_id IS NULL
ORDER BY id LIMIT %(limit)s;

-- name: triggers
-- Read the trigger data of executions.
SELECT id, trigger_data FROM executions WHERE id = ANY(%(ids)s::text[]) AND trigger_data IS NOT NULL;
