-- name: progress
-- Read one letter per node execution, in order, for executions given as a JSON list of ids. The node that stands for
-- the whole workflow doesn't count.
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
        AND NOT (
          node_type = 'workflow' AND parent_sequence IS NULL
          AND node_id = (SELECT workflow_id FROM executions WHERE id = wanted.value)
        )
      ORDER BY sequence, node_id
    )
  )
FROM json_each(?) AS wanted;

-- name: ids_with_prefix
-- List the ids from a text to the last text that begins with it, in their order.
SELECT id FROM executions WHERE id BETWEEN :start AND :last AND reused_id IS NULL
ORDER BY id LIMIT :limit;
