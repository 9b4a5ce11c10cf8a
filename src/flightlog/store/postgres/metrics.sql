-- name: sum_executions
-- Count and time executions; the caller replaces {where}.
SELECT status, bucket, sum(count), sum(duration_us) FROM execution_aggregates
WHERE {where} GROUP BY status, bucket HAVING sum(count) <> 0;

-- name: sum_periods
-- Count executions by the first hour of periods of a day; the caller replaces {where}.
SELECT
  left(hour, 11) || lpad((right(hour, 2)::integer / %(length)s * %(length)s)::text, 2, '0'), status, bucket, sum(count)
FROM execution_aggregates
WHERE {where} GROUP BY 1, 2, 3 HAVING sum(count) <> 0;

-- name: sum_places
-- Count executions by workflow and project, with the last hour that has a count; the caller replaces {where}. Only the
-- sum of all slots says whether an hour has a count.
WITH counted AS MATERIALIZED (
  SELECT workflow_id AS workflow, project_id AS project, status, bucket, sum(count) AS number FROM execution_aggregates
  WHERE {where} GROUP BY workflow_id, project_id, status, bucket HAVING sum(count) <> 0
),
places AS MATERIALIZED (
  SELECT workflow, project, (
    SELECT hour FROM execution_aggregates
    WHERE workflow_id = workflow AND project_id = project AND {where}
    GROUP BY hour HAVING sum(count) > 0 ORDER BY hour DESC LIMIT 1
  ) AS last_hour
  FROM (SELECT DISTINCT workflow, project FROM counted) AS each
)
SELECT workflow, project, status, bucket, number, coalesce(last_hour, '')
FROM counted JOIN places USING (workflow, project);

-- name: sum_nodes
-- Count node executions by node; the caller replaces {where}. The node that stands for a whole workflow has the
-- workflow's id.
SELECT workflow_id, node_id, status, bucket, sum(count) FROM node_aggregates
WHERE {where} AND node_id <> workflow_id
GROUP BY workflow_id, node_id, status, bucket HAVING sum(count) <> 0;

-- name: all_places
-- Find each workflow and project in the aggregates, with one index search per place instead of a scan; begins a statement.
WITH RECURSIVE places (workflow, project) AS (
  (SELECT workflow_id, project_id FROM execution_aggregates ORDER BY workflow_id, project_id LIMIT 1)
  UNION ALL
  SELECT following.workflow_id, following.project_id
  FROM places CROSS JOIN LATERAL (
    SELECT workflow_id, project_id FROM execution_aggregates
    WHERE (workflow_id, project_id) > (workflow, project) ORDER BY workflow_id, project_id LIMIT 1
  ) AS following
)

-- name: first_hour
-- Find the first hour with a count; continues `all_places`, and the caller replaces {where}.
SELECT min(hour)
FROM places CROSS JOIN LATERAL (
  SELECT hour FROM execution_aggregates
  WHERE workflow_id = workflow AND project_id = project AND {where}
  GROUP BY hour HAVING sum(count) > 0 ORDER BY hour LIMIT 1
) AS earliest;

-- name: projects
-- List every project that has a count; continues `all_places`.
SELECT DISTINCT project
FROM places CROSS JOIN LATERAL (
  SELECT hour FROM execution_aggregates
  WHERE workflow_id = workflow AND project_id = project
  GROUP BY hour HAVING sum(count) > 0 LIMIT 1
) AS counted
WHERE project <> '' ORDER BY project;

-- name: newest_of_places
-- Find the newest execution of workflows and projects, given with the last hour that has a count.
SELECT wanted.workflow_id, wanted.project_id, newest.workflow_name, newest.started_at
FROM unnest(%(workflow_ids)s::text[], %(project_ids)s::text[], %(hours)s::text[]) AS wanted (workflow_id, project_id, hour)
LEFT JOIN LATERAL (
  SELECT workflow_name, started_at FROM executions
  WHERE executions.workflow_id = wanted.workflow_id AND started_at >= wanted.hour
    AND coalesce(executions.project_id, '') = wanted.project_id
  ORDER BY started_at DESC, ordinal DESC LIMIT 1
) AS newest ON true;

-- name: names_of_nodes
-- Read node names and types from the newest three executions of each workflow. With a project, they are among the
-- newest 500 of each workflow.
SELECT DISTINCT wanted.workflow_id, n.node_id, n.node_name, n.node_type
FROM unnest(%(workflow_ids)s::text[]) AS wanted (workflow_id)
CROSS JOIN LATERAL (
  SELECT id FROM (
    SELECT id, project_id, started_at, ordinal FROM executions
    WHERE executions.workflow_id = wanted.workflow_id
    ORDER BY started_at DESC, ordinal DESC LIMIT 500
  ) AS newest
  WHERE %(project_id)s::text IS NULL OR project_id = %(project_id)s
  ORDER BY started_at DESC, ordinal DESC LIMIT 3
) AS e
JOIN node_executions AS n ON n.execution_id = e.id;
