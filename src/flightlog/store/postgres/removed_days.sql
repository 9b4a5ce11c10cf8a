-- name: count
-- Count executions that are about to be removed.
INSERT INTO removed_days (day, workflow_id, project_id, success, error, timed, duration_us)
SELECT
  left(started_at, 10), workflow_id, coalesce(project_id, ''), count(*) FILTER (WHERE status = 'success'),
  count(*) FILTER (WHERE status = 'error'), count(duration_ms), coalesce(sum(round(duration_ms::numeric * 1000)), 0)
FROM executions
WHERE ordinal = ANY(%(ordinals)s::bigint[])
GROUP BY 1, 2, 3
ORDER BY 1, 2, 3
ON CONFLICT (day, workflow_id, project_id) DO UPDATE SET
  success = removed_days.success + excluded.success,
  error = removed_days.error + excluded.error,
  timed = removed_days.timed + excluded.timed,
  duration_us = removed_days.duration_us + excluded.duration_us;

-- name: sum
-- Add up the counts of days that lie within a time, of chosen workflows and a project.
SELECT sum(success), sum(error), sum(timed), sum(duration_us), min(day), max(day)
FROM removed_days
WHERE (%(first)s::text IS NULL OR day >= %(first)s) AND (%(before)s::text IS NULL OR day < %(before)s)
  AND (%(project_id)s::text IS NULL OR project_id = %(project_id)s)
  AND (%(workflow_ids)s::text[] IS NULL OR workflow_id = ANY(%(workflow_ids)s::text[]));

-- name: forget_workflow
-- Delete the counts of a workflow.
DELETE FROM removed_days
WHERE workflow_id = %(workflow_id)s AND (%(project_id)s::text IS NULL OR project_id = %(project_id)s);

-- name: forget_before
-- Delete the counts of the days before a day.
DELETE FROM removed_days WHERE day < %(day)s;

-- name: nth_newest
-- Find the day of a count, counted from the newest.
SELECT day FROM removed_days ORDER BY day DESC LIMIT 1 OFFSET %(skipped)s;

-- name: forget_oldest
-- Delete the oldest counts.
DELETE FROM removed_days
WHERE (day, workflow_id, project_id) IN (
  SELECT day, workflow_id, project_id FROM removed_days ORDER BY day, workflow_id, project_id LIMIT %(number)s
);

-- name: page
-- Read the counts after a place.
SELECT day, workflow_id, project_id, success, error, timed, duration_us
FROM removed_days
WHERE (day, workflow_id, project_id) > (%(day)s, %(workflow_id)s, %(project_id)s)
ORDER BY day, workflow_id, project_id
LIMIT %(limit)s;

-- name: join
-- Join a count with the stored one.
INSERT INTO removed_days (day, workflow_id, project_id, success, error, timed, duration_us)
VALUES (%(day)s, %(workflow_id)s, %(project_id)s, %(success)s, %(error)s, %(timed)s, %(duration_us)s)
ON CONFLICT (day, workflow_id, project_id) DO UPDATE SET
  success = greatest(removed_days.success, excluded.success),
  error = greatest(removed_days.error, excluded.error),
  timed = greatest(removed_days.timed, excluded.timed),
  duration_us = greatest(removed_days.duration_us, excluded.duration_us);
