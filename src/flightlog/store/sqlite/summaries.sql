-- name: progress
-- A letter for each node execution of executions given as a JSON list of ids, in order.
SELECT
  wanted.value,
  (
    SELECT group_concat(letter, '')
    FROM (
      SELECT
        CASE status
          WHEN 'success' THEN 's' WHEN 'error' THEN 'e' WHEN 'running' THEN 'r' WHEN 'skipped' THEN 'k'
          ELSE 'p'
        END AS letter
      FROM node_executions
      WHERE execution_id = wanted.value
      ORDER BY sequence, node_id
    )
  )
FROM json_each(?) AS wanted;

-- name: by_ordinals
-- The rows of executions given as a JSON list of ordinals; {columns} is filled in.
SELECT ordinal, starred, {columns} FROM executions
WHERE ordinal IN (SELECT value FROM json_each(?))
ORDER BY started_at DESC, ordinal DESC;
