-- name: star
-- Check whether an execution is starred.
SELECT starred FROM executions WHERE id = ?;

-- name: set_star
-- Star an execution, or remove the star.
UPDATE executions SET starred = ? WHERE id = ?;

-- name: add_stars
-- Star executions, given as a JSON list of ids.
UPDATE executions SET starred = 1
WHERE id IN (SELECT value FROM json_each(?)) AND starred = 0
RETURNING id;
