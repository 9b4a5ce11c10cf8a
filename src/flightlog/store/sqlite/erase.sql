-- name: of_workflow
-- Find the next executions of a workflow to erase.
SELECT ordinal, id FROM executions
WHERE workflow_id = ?1 AND (?2 IS NULL OR project_id = ?2)
LIMIT ?3;

-- name: started_before
-- Find the next executions to erase: unstarred ones that have ended and started before a time.
SELECT ordinal, id FROM executions INDEXED BY executions_by_status
WHERE status IN ('success', 'error') AND started_at < ?1 AND starred = 0
LIMIT ?2;

-- name: with_id
-- Find an execution by its id.
SELECT ordinal, id FROM executions WHERE id = ?;

-- name: with_ids
-- Find executions by ids, given as a JSON list.
SELECT ordinal, id FROM executions WHERE id IN (SELECT value FROM json_each(?));

-- name: remember_deleted
-- Insert tombstones for executions that are about to be erased, given as a JSON list of ordinals.
INSERT INTO deleted_executions (id, run_id, deleted_at)
SELECT coalesce(reused_id, id), coalesce(run_id, '00000000-0000-0000-0000-000000000000'), ?2 FROM executions WHERE ordinal IN (SELECT value FROM json_each(?1));

-- name: erase
-- Delete executions; the foreign key also deletes their node executions.
DELETE FROM executions WHERE ordinal IN (SELECT value FROM json_each(?));
