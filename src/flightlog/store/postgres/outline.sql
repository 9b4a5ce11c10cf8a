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
