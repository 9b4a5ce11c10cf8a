-- name: executions
-- Read executions in the order of their ids; the caller replaces {columns}.
SELECT {columns} FROM executions
WHERE (%(ids)s::text[] IS NULL OR id = ANY(%(ids)s::text[]))
  AND (id > %(last_id)s OR (%(with_last)s = 1 AND id = %(last_id)s))
ORDER BY id LIMIT %(limit)s;

-- name: nodes
-- Read an execution's node executions after a key; the caller replaces {columns}.
SELECT {columns} FROM node_executions
WHERE execution_id = %(id)s AND (sequence, node_id) > (%(sequence)s, %(node_id)s)
ORDER BY sequence, node_id LIMIT %(limit)s;

-- name: tombstones
-- Read the deleted runs after a run.
SELECT id, run_id, deleted_at FROM deleted_executions
WHERE (id, run_id) > (%(id)s, %(run_id)s) ORDER BY id, run_id LIMIT %(limit)s;
