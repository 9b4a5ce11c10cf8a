-- name: previous
-- Find the execution of a workflow before a position.
SELECT id FROM executions
WHERE workflow_id = ?1 AND (started_at, ordinal) < (?2, ?3)
ORDER BY started_at DESC, ordinal DESC LIMIT 1;

-- name: next
-- Find the execution of a workflow after a position.
SELECT id FROM executions
WHERE workflow_id = ?1 AND (started_at, ordinal) > (?2, ?3)
ORDER BY started_at, ordinal LIMIT 1;

-- name: previous_success
-- Find the newest successful execution of a workflow before a position. Failures have an index of their own; between
-- two successes lie few other executions, and the search reads at most 20,000 of them.
SELECT id FROM (
  SELECT id, status FROM executions
  WHERE workflow_id = ?1 AND (started_at, ordinal) < (?2, ?3)
  ORDER BY started_at DESC, ordinal DESC LIMIT 20000
)
WHERE status = 'success' LIMIT 1;

-- name: previous_failed
-- Find the newest failed execution of a workflow before a position.
SELECT id FROM executions
WHERE workflow_id = ?1 AND status = 'error' AND status <> 'success' AND (started_at, ordinal) < (?2, ?3)
ORDER BY started_at DESC, ordinal DESC LIMIT 1;

-- name: children
-- List the executions that an execution ran as sub-workflows, in order.
SELECT id, workflow_name, status FROM executions
WHERE parent_execution_id = ?
ORDER BY started_at, ordinal LIMIT 1000;

-- name: children_of_run
-- List the sub-workflows of one run if several runs share its id. A child that doesn't name the run of its parent
-- belongs to the run that is shown under the id.
SELECT id, workflow_name, status FROM executions
WHERE parent_execution_id IN (:execution_id, :address)
  AND (parent_execution_id = :address OR coalesce(parent_run_id, :shown_run_id) = :run_id)
ORDER BY started_at, ordinal LIMIT 1000;

-- name: usual_of_workflow
-- Read durations of a workflow's executions since an hour, from only the newest rows of the aggregates.
SELECT bucket, sum(count) FROM (
  SELECT bucket, count, status FROM execution_aggregates
  WHERE workflow_id = ?1 AND project_id = ?2 AND hour >= ?3
  ORDER BY hour DESC LIMIT 20000
)
WHERE status IN ('success', 'error') GROUP BY bucket;

-- name: usual_of_nodes
-- Read durations of a workflow's nodes since an hour, from only the newest rows of the aggregates.
SELECT node_id, bucket, sum(count) FROM (
  SELECT node_id, bucket, count, status FROM node_aggregates
  WHERE workflow_id = ?1 AND project_id = ?2 AND hour >= ?3
  ORDER BY hour DESC LIMIT 50000
)
WHERE status IN ('success', 'error') GROUP BY node_id, bucket;

-- name: exists
-- Check whether an execution exists.
SELECT 1 FROM executions WHERE id = ?;
