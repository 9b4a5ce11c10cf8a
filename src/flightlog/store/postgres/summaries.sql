-- name: progress
-- Read one letter per node execution, in order. The node that stands for the whole workflow doesn't count.
SELECT n.execution_id, string_agg(
  CASE n.status WHEN 'success' THEN 's' WHEN 'error' THEN 'e' WHEN 'running' THEN 'r' WHEN 'skipped' THEN 'k' ELSE 'p' END,
  '' ORDER BY n.sequence, n.node_id
)
FROM node_executions AS n JOIN executions AS e ON e.id = n.execution_id
WHERE n.execution_id = ANY(%(ids)s)
  AND NOT (n.node_type = 'workflow' AND n.parent_sequence IS NULL AND n.node_id = e.workflow_id)
GROUP BY n.execution_id;

-- name: last_seen
-- Read when the processes of executions gave their last signs of life. Former versions took a delivery for one: that of
-- an execution whose first message came late, and whose process was not heard of for long after it.
SELECT e.id, p.last_seen
FROM executions AS e JOIN processes AS p ON p.id = e.process_id
WHERE e.id = ANY(%(ids)s) AND NOT (
  extract(epoch FROM e.created_at::timestamptz - e.started_at::timestamptz) > %(late_s)s
  AND extract(epoch FROM p.last_seen::timestamptz - e.created_at::timestamptz) BETWEEN 0 AND %(late_s)s
);

-- name: ids_with_prefix
-- List the ids from a text to the last text that begins with it, in their order.
SELECT id FROM executions WHERE id BETWEEN %(start)s AND %(last)s AND reused_id IS NULL
ORDER BY id LIMIT %(limit)s;

-- name: triggers
-- Read the trigger data of executions.
SELECT id, trigger_data FROM executions WHERE id = ANY(%(ids)s::text[]) AND trigger_data IS NOT NULL;
