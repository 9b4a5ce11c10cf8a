-- name: all_places
-- Find each workflow and project in the aggregates, with one index search per place instead of a scan.
WITH RECURSIVE
  workflows (workflow) AS (
    SELECT value FROM json_each(:workflow_ids)
    UNION ALL
    SELECT min(workflow_id) FROM {table} WHERE :workflow_ids IS NULL
    UNION ALL
    SELECT (SELECT min(workflow_id) FROM {table} WHERE workflow_id > workflow)
    FROM workflows
    WHERE workflow IS NOT NULL AND :workflow_ids IS NULL
  ),
  places (workflow, project) AS (
    SELECT workflow, (SELECT min(project_id) FROM {table} WHERE workflow_id = workflow)
    FROM workflows
    WHERE workflow IS NOT NULL
    UNION ALL
    SELECT workflow, (SELECT min(project_id) FROM {table} WHERE workflow_id = workflow AND project_id > project)
    FROM places
    WHERE project IS NOT NULL
  )

-- name: chosen_places
-- Read the aggregates of the places within some hours; continues the statement `places`.
FROM places CROSS JOIN {table} AS counted
WHERE project IS NOT NULL AND (:project_id IS NULL OR project = :project_id)
  AND counted.workflow_id = workflow AND counted.project_id = project
  AND counted.hour >= :from_hour AND counted.hour < :before_hour

-- name: first_hour
-- Find the first hour with a count in the places; continues the statement `places`.
SELECT min((
  SELECT hour FROM execution_aggregates
  WHERE workflow_id = workflow AND project_id = project AND count > 0
  ORDER BY hour LIMIT 1
))
FROM places
WHERE project IS NOT NULL AND (:project_id IS NULL OR project = :project_id);

-- name: newest_of_places
-- Find the newest execution of each workflow and project, given as JSON with the last hour that has a count.
SELECT
  wanted.value ->> 0,
  wanted.value ->> 1,
  (
    SELECT json_array(workflow_name, started_at) FROM executions
    WHERE workflow_id = wanted.value ->> 0 AND started_at >= wanted.value ->> 2
      AND +coalesce(project_id, '') = wanted.value ->> 1
    ORDER BY started_at DESC LIMIT 1
  )
FROM json_each(?) AS wanted;

-- name: names_of_nodes
-- Read node names and types from the newest three executions of each workflow, given as a JSON list. With a project,
-- they are among the newest 500 of each workflow.
SELECT DISTINCT wanted.value, node_id, node_name, node_type
FROM json_each(?1) AS wanted
CROSS JOIN executions AS e ON e.ordinal IN (
  SELECT ordinal FROM (
    SELECT ordinal, project_id FROM executions
    WHERE workflow_id = wanted.value
    ORDER BY started_at DESC LIMIT 500
  )
  WHERE ?2 IS NULL OR project_id = ?2
  LIMIT 3
)
CROSS JOIN node_executions AS n ON n.execution_id = e.id;

-- name: projects
-- List every project in the aggregates; continues the statement `places`.
SELECT DISTINCT project FROM places WHERE project <> '' ORDER BY project;
