-- name: executions
-- Read executions in the order of their ids; the caller replaces {columns}.
SELECT {columns} FROM executions
WHERE id > :last_id OR (:with_last AND id = :last_id) ORDER BY id LIMIT :limit;

-- name: chosen_executions
-- Read executions of given ids, a JSON list, in the order of their ids; the caller replaces {columns}.
SELECT {columns} FROM executions
WHERE id IN (SELECT value FROM json_each(:ids)) AND (id > :last_id OR (:with_last AND id = :last_id))
ORDER BY id LIMIT :limit;

-- name: tombstones
-- Read the deleted runs after a run.
SELECT id, run_id, deleted_at FROM deleted_executions WHERE (id, run_id) > (?, ?) ORDER BY id, run_id LIMIT ?;
