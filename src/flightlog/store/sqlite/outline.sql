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

-- name: progress
-- Read one letter per node execution, in order, for executions given as a JSON list of ids. The node that stands for
-- the whole workflow doesn't count.
SELECT
  wanted.value,
  (
    SELECT group_concat(letter, '')
    FROM (
      SELECT
        CASE status
          WHEN 'success' THEN 's' WHEN 'error' THEN 'e' WHEN 'running' THEN 'r' WHEN 'skipped' THEN 'k'
          ELSE 'p'
        END AS letter
      FROM node_executions
      WHERE execution_id = wanted.value
        AND NOT (
          node_type = 'workflow' AND parent_sequence IS NULL
          AND node_id = (SELECT workflow_id FROM executions WHERE id = wanted.value)
        )
      ORDER BY sequence, node_id
    )
  )
FROM json_each(?) AS wanted;

-- name: last_seen
-- Read when the processes of executions, given as a JSON list of ids, gave their last signs of life. Former versions
-- took a delivery for one: that of an execution whose first message came late, and whose process was not heard of for
-- long after it.
SELECT executions.id, last_seen
FROM json_each(:ids) AS wanted
CROSS JOIN executions ON executions.id = wanted.value
CROSS JOIN processes ON processes.id = executions.process_id
WHERE NOT (
  unixepoch(executions.created_at) - unixepoch(executions.started_at) > :late_s
  AND unixepoch(last_seen) - unixepoch(executions.created_at) BETWEEN 0 AND :late_s
);

-- name: small_triggers
-- Read the trigger data of executions, given as a JSON list of ids, where the data is small.
SELECT executions.id, trigger_data FROM json_each(:ids) AS wanted CROSS JOIN executions ON executions.id = wanted.value
WHERE trigger_data IS NOT NULL AND CASE typeof(trigger_data)
  WHEN 'integer' THEN (SELECT size FROM payloads WHERE payloads.id = trigger_data) <= :most
  ELSE length(trigger_data) <= :most
END;

-- name: ids_with_prefix
-- List the ids from a text to the last text that begins with it, in their order.
SELECT id FROM executions WHERE id BETWEEN :start AND :last AND reused_id IS NULL
ORDER BY id LIMIT :limit;
