-- name: texts
-- Read what a query tests of executions themselves, given as a JSON list of ordinals.
SELECT ordinal, executions.id, workflow_id, workflow_name, name, error_message, error_type, error_node_id, tags, trigger_data
FROM json_each(?) AS wanted CROSS JOIN executions ON executions.ordinal = wanted.value;

-- name: node_texts
-- Read what a query tests of the node executions of executions, given as a JSON list of ordinals; so many rows.
SELECT ordinal, node_id, node_name, node_executions.error_message, input, output, logs
FROM json_each(?) AS wanted
CROSS JOIN executions ON executions.ordinal = wanted.value
CROSS JOIN node_executions ON node_executions.execution_id = executions.id
LIMIT ?;

-- name: waiting
-- Read the numbers of the notes of executions that wait for the index, given as a JSON list of ordinals.
SELECT ordinal, version FROM json_each(?) AS wanted CROSS JOIN search_pending ON ordinal = wanted.value;

-- name: data
-- Read payloads, given as a JSON list of ids, with their sizes; NULL for a payload above a size.
SELECT payloads.id, size, iif(size <= ?2, data, NULL)
FROM json_each(?1) AS wanted CROSS JOIN payloads ON payloads.id = wanted.value;
