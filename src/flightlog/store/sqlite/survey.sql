-- name: timed
-- Read the start, the status and the duration of executions given as a JSON list of ordinals.
SELECT started_at, status, duration_ms FROM executions
WHERE ordinal IN (SELECT value FROM json_each(?));

-- name: measured
-- Read what workflows are measured by, of executions given as a JSON list of ordinals, the newest first.
SELECT workflow_id, coalesce(project_id, ''), workflow_name, started_at, status, duration_ms FROM executions
WHERE ordinal IN (SELECT value FROM json_each(?))
ORDER BY started_at DESC, ordinal DESC;

-- name: measured_nodes
-- Read what nodes are measured by, of executions given as a JSON list of ordinals, the newest first. The node that
-- stands for the whole workflow doesn't count.
SELECT e.workflow_id, n.node_id, n.node_name, n.node_type, n.status, n.duration_ms
FROM executions AS e JOIN node_executions AS n ON n.execution_id = e.id
WHERE e.ordinal IN (SELECT value FROM json_each(?)) AND n.node_id <> e.workflow_id
ORDER BY e.started_at DESC, e.ordinal DESC;

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

-- name: facets_of_models
-- Count the executions that called each model, of executions given as a JSON list of ordinals.
SELECT model, count(DISTINCT ordinal)
FROM search_model_calls
WHERE ordinal IN (SELECT value FROM json_each(?)) AND model IS NOT NULL
GROUP BY 1;

-- name: failures
-- Read failures, given as a JSON list of ordinals, the newest first; the caller replaces {columns}.
SELECT {columns} FROM executions
WHERE ordinal IN (SELECT value FROM json_each(?)) ORDER BY started_at DESC, ordinal DESC;

-- name: direct_calls
-- Read the newest runs that are one node called outside of any execution, with their small trigger data.
SELECT
  workflow_id, workflow_name,
  CASE
    WHEN typeof(trigger_data) = 'integer'
      AND :largest_bytes < (SELECT size FROM payloads WHERE payloads.id = trigger_data) THEN NULL
    ELSE trigger_data
  END,
  parent_execution_id IS NOT NULL, id,
  (SELECT node_id FROM node_executions WHERE execution_id = executions.id ORDER BY sequence, node_id LIMIT 1)
FROM executions
WHERE trigger_type = 'direct' AND ordinal IN (SELECT ordinal FROM executions ORDER BY started_at DESC LIMIT :most)
ORDER BY started_at DESC, ordinal DESC;

-- name: has_more
-- Check whether there are more executions than a number.
SELECT 1 FROM executions LIMIT 1 OFFSET ?;
