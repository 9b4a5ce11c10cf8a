-- name: timed
-- Read the start, the status and the duration of executions given as a JSON list of ordinals.
SELECT started_at, status, duration_ms FROM executions
WHERE ordinal IN (SELECT value FROM json_each(?));

-- name: facets
-- Read what the facets count, of executions given as a JSON list of ordinals, the newest first.
SELECT workflow_id, workflow_name, status, error_kind, tags FROM executions
WHERE ordinal IN (SELECT value FROM json_each(?))
ORDER BY started_at DESC, ordinal DESC;

-- name: facets_of_nodes
-- Count the executions in which each node ran, of executions given as a JSON list of ordinals. The node that stands
-- for the whole workflow doesn't count.
SELECT n.node_name, count(DISTINCT n.execution_id)
FROM executions AS e JOIN node_executions AS n ON n.execution_id = e.id
WHERE e.ordinal IN (SELECT value FROM json_each(?)) AND n.node_id <> e.workflow_id
GROUP BY 1;
