-- name: executions
-- Read what is indexed of executions themselves.
SELECT ordinal, id, workflow_id, workflow_name, name, error_message, error_type, error_node_id, tags, trigger_data
FROM executions WHERE ordinal = ANY(%(ordinals)s::bigint[]);

-- name: nodes
-- Read what is indexed of the first node executions of each execution.
SELECT n.execution_id, n.node_id, n.node_name, n.error_message, n.input, n.output, n.logs
FROM unnest(%(ids)s::text[]) AS wanted (id)
CROSS JOIN LATERAL (
  SELECT * FROM node_executions WHERE execution_id = wanted.id ORDER BY sequence, node_id LIMIT %(most)s
) AS n;
