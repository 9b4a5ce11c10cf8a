-- name: shown
-- Find the runs that are shown under ids.
SELECT id, coalesce(run_id, %(no_run)s) FROM executions WHERE id = ANY(%(ids)s);

-- name: newest_deleted
-- Find the newest deleted run of each id.
SELECT id, max(run_id) FROM deleted_executions WHERE id = ANY(%(ids)s) GROUP BY id;

-- name: deleted
-- Find the deleted runs among runs, given as their ids and their run ids.
SELECT wanted.id, wanted.run_id FROM unnest(%(ids)s::text[], %(run_ids)s::text[]) AS wanted (id, run_id)
WHERE EXISTS (
  SELECT 1 FROM deleted_executions AS gone WHERE gone.id = wanted.id AND gone.run_id = wanted.run_id
);

-- name: defer_keys
-- A trigger renames the node executions, too.
SELECT 1;

-- name: rename
-- Change an execution's id to its address, because a newer run takes over the id.
UPDATE executions SET id = %(address)s, reused_id = %(id)s WHERE id = %(id)s;

-- name: rename_nodes
-- The trigger has renamed them.
SELECT 1;

-- name: set_reused_id
-- Note the id that an older run was started under.
UPDATE executions SET reused_id = %(id)s WHERE id = %(address)s;

-- name: before
-- Find the newest run of an id before a given run, among stored runs and among deleted runs.
SELECT
  coalesce(
    (SELECT max(run_id) FROM executions WHERE reused_id = %(id)s AND run_id < %(run_id)s),
    (
      SELECT %(no_run)s::text FROM executions
      WHERE reused_id = %(id)s AND run_id IS NULL AND %(run_id)s::text > %(no_run)s::text
    )
  ),
  (SELECT max(run_id) FROM deleted_executions WHERE id = %(id)s AND run_id < %(run_id)s);

-- name: after
-- Find the oldest run of an id after a given run, among the runs that have their addresses as ids.
SELECT id FROM executions WHERE reused_id = %(id)s AND run_id > %(run_id)s ORDER BY run_id LIMIT 1;

-- name: set_previous
-- Note the run before a given run, and return the given run's id if this changed anything.
UPDATE executions SET previous_run = %(previous)s
WHERE id = %(id)s AND previous_run IS DISTINCT FROM %(previous)s
RETURNING id;

-- name: run_shown
-- Find the run that is shown under an id.
SELECT coalesce(run_id, %(no_run)s) FROM executions WHERE id = %(id)s;

-- name: run_stored
-- Find a run by its id or its address.
SELECT id FROM executions
WHERE id = %(address)s OR (id = %(id)s AND coalesce(run_id, %(no_run)s) = %(run_id)s);

-- name: remember
-- Insert a tombstone.
INSERT INTO deleted_executions (id, run_id, deleted_at) VALUES (%(execution_id)s, %(run_id)s, %(deleted_at)s)
ON CONFLICT DO NOTHING;
