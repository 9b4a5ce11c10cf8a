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

-- name: last_seen
-- Read when the processes of executions, given as a JSON list of ids, gave their last signs of life. Former versions
-- took a delivery for one: that of an execution whose first message came late, and whose process was not heard of for
-- long after it.
SELECT executions.id, last_seen
FROM json_each(:ids) AS wanted
CROSS JOIN executions ON executions.id = wanted.value
CROSS JOIN processes ON processes.id = executions.process_id
WHERE NOT (
  unixepoch(executions.created_at) - unixepoch(executions.started_at) > :late_s
  AND unixepoch(last_seen) - unixepoch(executions.created_at) BETWEEN 0 AND :late_s
);

-- name: small_triggers
-- Read the trigger data of executions, given as a JSON list of ids, where the data is small.
SELECT executions.id, trigger_data FROM json_each(:ids) AS wanted CROSS JOIN executions ON executions.id = wanted.value
WHERE trigger_data IS NOT NULL AND CASE typeof(trigger_data)
  WHEN 'integer' THEN (SELECT size FROM payloads WHERE payloads.id = trigger_data) <= :most
  ELSE length(trigger_data) <= :most
END;

-- name: ids_with_prefix
-- List the ids from a text to the last text that begins with it, in their order.
SELECT id FROM executions WHERE id BETWEEN :start AND :last AND reused_id IS NULL
ORDER BY id LIMIT :limit;
