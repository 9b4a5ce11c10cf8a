-- name: known
-- What is known of runs given as JSON [id, run id]: whether each was deleted; of its id, the newest run that
-- was deleted, and the run that is shown there.
SELECT
  wanted.value ->> 0,
  wanted.value ->> 1,
  EXISTS (SELECT 1 FROM deleted_executions WHERE id = wanted.value ->> 0 AND run_id = wanted.value ->> 1),
  (SELECT max(run_id) FROM deleted_executions WHERE id = wanted.value ->> 0),
  (SELECT coalesce(run_id, :no_run) FROM executions WHERE id = wanted.value ->> 0)
FROM json_each(:runs) AS wanted;

-- name: rename
-- Give an execution that a newer run takes the place of its address for an id.
UPDATE executions SET id = :address, reused_id = :id WHERE id = :id;

-- name: rename_nodes
-- Have its node executions follow it.
UPDATE node_executions SET execution_id = :address WHERE execution_id = :id;

-- name: set_reused_id
-- Note which id an older run was started under.
UPDATE executions SET reused_id = :id WHERE id = :address;

-- name: before
-- The newest run of an id before another, among those that are here, and among those that were deleted.
SELECT
  coalesce(
    (SELECT max(run_id) FROM executions WHERE reused_id = :id AND run_id < :run_id),
    (SELECT :no_run FROM executions WHERE reused_id = :id AND run_id IS NULL AND :run_id > :no_run)
  ),
  (SELECT max(run_id) FROM deleted_executions WHERE id = :id AND run_id < :run_id);

-- name: after
-- The oldest run of an id after another, of those that have their addresses for ids.
SELECT id FROM executions WHERE reused_id = :id AND run_id > :run_id ORDER BY run_id LIMIT 1;

-- name: set_previous
-- Note the run before another one; returns its id if that is news.
UPDATE executions SET previous_run = :previous WHERE id = :id AND previous_run IS NOT :previous
RETURNING id;

-- name: run_shown
-- The run that is shown under an id.
SELECT coalesce(run_id, :no_run) FROM executions WHERE id = :id;
