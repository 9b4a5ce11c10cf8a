-- The statements that choose executions run twice: first without ordinals, and then, when the runs are locked, with the
-- ordinals found. They return ordinals, ids, and the ids under which the runs were started.

-- name: with_ids
-- Find executions by their ids.
SELECT ordinal, id, coalesce(reused_id, id) FROM executions
WHERE id = ANY(%(ids)s) AND (%(ordinals)s::bigint[] IS NULL OR ordinal = ANY(%(ordinals)s::bigint[]));

-- name: of_workflow
-- Find the next executions of a workflow to erase.
SELECT ordinal, id, coalesce(reused_id, id) FROM executions
WHERE workflow_id = %(workflow_id)s AND (%(project_id)s::text IS NULL OR project_id = %(project_id)s)
  AND (%(ordinals)s::bigint[] IS NULL OR ordinal = ANY(%(ordinals)s::bigint[]))
ORDER BY started_at, ordinal LIMIT %(limit)s;

-- name: started_before
-- Find the next executions to erase: unstarred ones that have ended and started before a time.
SELECT ordinal, id, coalesce(reused_id, id) FROM executions
WHERE status IN ('success', 'error') AND started_at < %(before)s AND starred = 0
  AND (%(ordinals)s::bigint[] IS NULL OR ordinal = ANY(%(ordinals)s::bigint[]))
ORDER BY started_at, ordinal LIMIT %(limit)s;

-- name: remember
-- Insert tombstones for executions that are about to be erased.
INSERT INTO deleted_executions (id, run_id, deleted_at)
SELECT coalesce(reused_id, id), coalesce(run_id, '00000000-0000-0000-0000-000000000000'), %(now)s FROM executions
WHERE ordinal = ANY(%(ordinals)s::bigint[])
ON CONFLICT DO NOTHING;

-- name: references
-- List the payloads that executions hold, once for each column that holds one.
SELECT trigger_data FROM executions WHERE ordinal = ANY(%(ordinals)s::bigint[]) AND trigger_data IS NOT NULL
UNION ALL
SELECT reference.value
FROM executions AS e
JOIN node_executions AS n ON n.execution_id = e.id
CROSS JOIN LATERAL (VALUES (n.input), (n.output), (n.logs)) AS reference (value)
WHERE e.ordinal = ANY(%(ordinals)s::bigint[]) AND reference.value IS NOT NULL;

-- name: delete
-- Delete executions; a trigger also deletes their node executions.
DELETE FROM executions WHERE ordinal = ANY(%(ordinals)s::bigint[]);

-- name: node_references
-- List the payloads that the node executions of executions hold, once for each column that holds one.
SELECT reference.value
FROM executions AS e
JOIN node_executions AS n ON n.execution_id = e.id
CROSS JOIN LATERAL (VALUES (n.input), (n.output), (n.logs)) AS reference (value)
WHERE e.ordinal = ANY(%(ordinals)s::bigint[]) AND reference.value IS NOT NULL;

-- name: delete_nodes
-- Delete the node executions of executions.
DELETE FROM node_executions
WHERE execution_id IN (SELECT id FROM executions WHERE ordinal = ANY(%(ordinals)s::bigint[]));
