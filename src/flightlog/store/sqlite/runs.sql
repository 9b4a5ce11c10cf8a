-- name: shown
-- Find the runs that are shown under ids, given as a JSON list.
SELECT id, coalesce(run_id, :no_run) FROM executions WHERE id IN (SELECT value FROM json_each(:ids));

-- name: newest_deleted
-- Find the newest deleted run of each id, given as a JSON list.
SELECT id, max(run_id) FROM deleted_executions WHERE id IN (SELECT value FROM json_each(:ids)) GROUP BY id;

-- name: deleted
-- Find the deleted runs among runs, given as JSON lists of their ids and of their run ids.
SELECT ids.value, run_ids.value
FROM json_each(:ids) AS ids JOIN json_each(:run_ids) AS run_ids ON run_ids.key = ids.key
WHERE EXISTS (SELECT 1 FROM deleted_executions WHERE id = ids.value AND run_id = run_ids.value);

-- name: defer_keys
-- Check the foreign keys at the end of the transaction.
PRAGMA defer_foreign_keys = ON;

-- name: rename
-- Change an execution's id to its address, because a newer run takes over the id.
UPDATE executions SET id = :address, reused_id = :id WHERE id = :id;

-- name: rename_nodes
-- Change the execution's id in its node executions too.
UPDATE node_executions SET execution_id = :address WHERE execution_id = :id;

-- name: set_reused_id
-- Note the id that an older run was started under.
UPDATE executions SET reused_id = :id WHERE id = :address;

-- name: before
-- Find the newest run of an id before a given run, among stored runs and among deleted runs.
SELECT
  coalesce(
    (SELECT max(run_id) FROM executions WHERE reused_id = :id AND run_id < :run_id),
    (SELECT :no_run FROM executions WHERE reused_id = :id AND run_id IS NULL AND :run_id > :no_run)
  ),
  (SELECT max(run_id) FROM deleted_executions WHERE id = :id AND run_id < :run_id);

-- name: after
-- Find the oldest run of an id after a given run, among the runs that have their addresses as ids.
SELECT id FROM executions WHERE reused_id = :id AND run_id > :run_id ORDER BY run_id LIMIT 1;

-- name: set_previous
-- Note the run before a given run, and return the given run's id if this changed anything.
UPDATE executions SET previous_run = :previous WHERE id = :id AND previous_run IS NOT :previous
RETURNING id;

-- name: run_shown
-- Find the run that is shown under an id.
SELECT coalesce(run_id, :no_run) FROM executions WHERE id = :id;

-- name: run_stored
-- Find a run by its id or its address.
SELECT id FROM executions WHERE id = :address OR (id = :id AND coalesce(run_id, :no_run) = :run_id);

-- name: remember
-- Insert a tombstone.
INSERT OR IGNORE INTO deleted_executions (id, run_id, deleted_at) VALUES (:execution_id, :run_id, :deleted_at);
