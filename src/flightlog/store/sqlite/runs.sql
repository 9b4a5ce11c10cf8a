-- name: shown
-- The runs that are shown under ids, given as a JSON list.
SELECT id, coalesce(run_id, :no_run) FROM executions WHERE id IN (SELECT value FROM json_each(:ids));

-- name: newest_deleted
-- The newest run that was deleted of each of those ids, where there is one.
SELECT id, max(run_id) FROM deleted_executions WHERE id IN (SELECT value FROM json_each(:ids)) GROUP BY id;

-- name: deleted
-- Which of runs given as JSON [id, run id] were deleted.
SELECT wanted.value ->> 0, wanted.value ->> 1 FROM json_each(:runs) AS wanted
WHERE EXISTS (SELECT 1 FROM deleted_executions WHERE id = wanted.value ->> 0 AND run_id = wanted.value ->> 1);

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
