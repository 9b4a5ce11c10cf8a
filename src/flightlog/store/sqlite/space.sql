-- name: days
-- Count the executions of each workflow by day, with the last hour up to a time in which one ended well.
SELECT workflow_id, substr(hour, 1, 10), sum(count), max(iif(status = 'success' AND count > 0 AND hour <= ?, hour, ''))
FROM execution_aggregates
GROUP BY 1, 2
HAVING sum(count) > 0
ORDER BY 1, 2;

-- name: run_from
-- Find a workflow's first execution from a time on.
SELECT ordinal, id, workflow_name FROM executions INDEXED BY executions_by_workflow
WHERE workflow_id = ? AND started_at >= ?
ORDER BY started_at LIMIT 1;

-- name: newest_runs
-- Find a workflow's newest executions.
SELECT ordinal, id, workflow_name FROM executions INDEXED BY executions_by_workflow
WHERE workflow_id = ? ORDER BY started_at DESC LIMIT ?;

-- name: newest_good
-- Find a workflow's newest successful execution, from an hour on in which there is one, up to a time.
SELECT ordinal, id, workflow_name FROM executions INDEXED BY executions_by_workflow
WHERE workflow_id = ? AND started_at >= ? AND started_at <= ? AND status = 'success'
ORDER BY started_at DESC LIMIT 1;

-- name: count_starred
-- Count the starred executions.
SELECT count(*) FROM executions INDEXED BY executions_starred WHERE starred = 1;

-- name: starred
-- Find starred executions, the newest first.
SELECT ordinal, id, workflow_name FROM executions INDEXED BY executions_starred
WHERE starred = 1 ORDER BY started_at DESC LIMIT ?;

-- name: size_of_run
-- Estimate an execution's bytes: its row with its indexes, and its trigger data. A shared payload counts in part.
SELECT
  600 + coalesce(length(error_stack), 0) + iif(typeof(trigger_data) = 'integer', 0, coalesce(length(trigger_data), 0)),
  coalesce((SELECT (45.0 + length(data)) / max(refs, 1) FROM payloads WHERE id = trigger_data AND typeof(trigger_data) = 'integer'), 0)
FROM executions WHERE ordinal = ?;

-- name: count_nodes
-- Count an execution's node executions.
SELECT count(*) FROM node_executions WHERE execution_id = ?;

-- name: size_of_nodes
-- Estimate the bytes of an execution's first node executions: the rows, and the payloads.
SELECT
  sum(
    220 + length(node_id) * 2 + length(node_name) + coalesce(length(error_stack), 0)
    + iif(typeof(input) = 'integer', 0, coalesce(length(input), 0))
    + iif(typeof(output) = 'integer', 0, coalesce(length(output), 0))
    + iif(typeof(logs) = 'integer', 0, coalesce(length(logs), 0))
  ),
  sum(
    coalesce((SELECT (45.0 + length(data)) / max(refs, 1) FROM payloads WHERE id = input AND typeof(input) = 'integer'), 0)
    + coalesce((SELECT (45.0 + length(data)) / max(refs, 1) FROM payloads WHERE id = output AND typeof(output) = 'integer'), 0)
    + coalesce((SELECT (45.0 + length(data)) / max(refs, 1) FROM payloads WHERE id = logs AND typeof(logs) = 'integer'), 0)
  )
FROM (SELECT * FROM node_executions WHERE execution_id = ? LIMIT ?);

-- name: removed_runs
-- Describe executions, given as a JSON list of ordinals, by status and workflow.
SELECT status, workflow_id, max(workflow_name), count(*), min(started_at), max(started_at)
FROM executions WHERE ordinal IN (SELECT value FROM json_each(?))
GROUP BY 1, 2;

-- name: payload_ids
-- Find the smallest and the largest id of a payload.
SELECT (SELECT min(id) FROM payloads), (SELECT max(id) FROM payloads);

-- name: payloads_from
-- Read the ids and sizes of the next payloads within a range of ids; `length` reads no overflow pages.
SELECT id, length(data) FROM payloads WHERE id >= ? AND id < ? ORDER BY id LIMIT ?;

-- name: index_tables
-- List the full-text tables of the search index.
SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'search\_%' ESCAPE '\' AND sql LIKE '%USING fts5%';

-- name: index_pages
-- Count the leaf pages of a full-text table: the number of the last page of each segment, and the rows of its term index.
SELECT sum(last), sum(number) FROM (SELECT max(pgno >> 1) AS last, count(*) AS number FROM {table}_idx GROUP BY segid);
