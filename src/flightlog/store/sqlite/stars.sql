-- name: star_of
-- Whether an execution is marked.
SELECT starred FROM executions WHERE id = ?;

-- name: set_star
-- Mark it, or take the mark away.
UPDATE executions SET starred = ? WHERE id = ?;

-- name: add_stars
-- Mark executions given as a JSON list of ids.
UPDATE executions SET starred = 1
WHERE id IN (SELECT value FROM json_each(?)) AND starred = 0
RETURNING id;
