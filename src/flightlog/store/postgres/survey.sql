-- name: timed
-- Read the start, the status and the duration of executions.
SELECT started_at, status, duration_ms FROM executions WHERE ordinal = ANY(%(ordinals)s::bigint[]);

-- name: measured
-- Read what workflows are measured by, the newest first.
SELECT workflow_id, coalesce(project_id, ''), workflow_name, started_at, status, duration_ms FROM executions
WHERE ordinal = ANY(%(ordinals)s::bigint[])
ORDER BY started_at DESC, ordinal DESC;

-- name: measured_nodes
-- Read what nodes are measured by, the newest first. The node that stands for the whole workflow doesn't count.
SELECT e.workflow_id, n.node_id, n.node_name, n.node_type, n.status, n.duration_ms
FROM executions AS e JOIN node_executions AS n ON n.execution_id = e.id
WHERE e.ordinal = ANY(%(ordinals)s::bigint[]) AND n.node_id <> e.workflow_id
ORDER BY e.started_at DESC, e.ordinal DESC;

-- name: facets
-- Read what the facets count, the newest first.
SELECT workflow_id, workflow_name, status, error_kind, tags FROM executions
WHERE ordinal = ANY(%(ordinals)s::bigint[])
ORDER BY started_at DESC, ordinal DESC;

-- name: facets_of_nodes
-- Count the executions in which each node ran. The node that stands for the whole workflow doesn't count.
SELECT n.node_name, count(DISTINCT n.execution_id)
FROM executions AS e JOIN node_executions AS n ON n.execution_id = e.id
WHERE e.ordinal = ANY(%(ordinals)s::bigint[]) AND n.node_id <> e.workflow_id
GROUP BY n.node_name;

-- name: facets_of_models
-- Count the executions that called each model.
SELECT model, count(DISTINCT ordinal)
FROM model_calls
WHERE ordinal = ANY(%(ordinals)s::bigint[]) AND model IS NOT NULL
GROUP BY model;

-- name: failures
-- Read failures, the newest first; the caller replaces {columns}.
SELECT {columns} FROM executions
WHERE ordinal = ANY(%(ordinals)s::bigint[]) ORDER BY started_at DESC, ordinal DESC;

-- name: direct_calls
-- Read the newest runs that are one node called outside of any execution, with their trigger data.
SELECT
  workflow_id, workflow_name, trigger_data, parent_execution_id IS NOT NULL, id,
  (SELECT node_id FROM node_executions WHERE execution_id = newest.id ORDER BY sequence, node_id LIMIT 1)
FROM (SELECT * FROM executions ORDER BY started_at DESC, ordinal DESC LIMIT %(most)s) AS newest
WHERE trigger_type = 'direct'
ORDER BY started_at DESC, ordinal DESC;

-- name: has_more
-- Check whether there are more executions than a number.
SELECT 1 FROM executions LIMIT 1 OFFSET %(number)s;
