-- name: count
-- Count executions that are about to be removed, given as a JSON list of ordinals.
INSERT INTO removed_days (day, workflow_id, project_id, success, error, timed, duration_us)
SELECT
  substr(started_at, 1, 10), workflow_id, coalesce(project_id, ''), total(status = 'success'), total(status = 'error'),
  count(duration_ms), CAST(total(duration_us(duration_ms)) AS INTEGER)
FROM executions
WHERE ordinal IN (SELECT value FROM json_each(?))
GROUP BY 1, 2, 3
ON CONFLICT DO UPDATE SET
  success = success + excluded.success,
  error = error + excluded.error,
  timed = timed + excluded.timed,
  duration_us = CAST(duration_us + excluded.duration_us AS INTEGER);

-- name: sum
-- Add up the counts of days that lie within a time, of chosen workflows (a JSON list) and a project.
SELECT total(success), total(error), total(timed), total(duration_us), min(day), max(day)
FROM removed_days
WHERE (:after IS NULL OR day >= :after) AND (:before IS NULL OR day < :before)
  AND (:project_id IS NULL OR project_id = :project_id)
  AND (:workflow_ids IS NULL OR workflow_id IN (SELECT value FROM json_each(:workflow_ids)));

-- name: forget_workflow
-- Delete the counts of a workflow.
DELETE FROM removed_days WHERE workflow_id = ?1 AND (?2 IS NULL OR project_id = ?2);

-- name: forget_before
-- Delete the counts of the days before a day.
DELETE FROM removed_days WHERE day < ?;

-- name: nth_newest
-- Find the day of a count, counted from the newest.
SELECT day FROM removed_days ORDER BY day DESC LIMIT 1 OFFSET ?;

-- name: forget_oldest
-- Delete the oldest counts.
DELETE FROM removed_days
WHERE (day, workflow_id, project_id) IN (SELECT day, workflow_id, project_id FROM removed_days LIMIT ?);

-- name: page
-- Read the counts after a place.
SELECT day, workflow_id, project_id, success, error, timed, duration_us
FROM removed_days
WHERE (day, workflow_id, project_id) > (?, ?, ?)
ORDER BY day, workflow_id, project_id
LIMIT ?;

-- name: join
-- Join a count with the stored one.
INSERT INTO removed_days (day, workflow_id, project_id, success, error, timed, duration_us)
VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET
  success = max(success, excluded.success),
  error = max(error, excluded.error),
  timed = max(timed, excluded.timed),
  duration_us = max(duration_us, excluded.duration_us);
