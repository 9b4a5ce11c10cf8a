-- name: deleted_among
-- Which of a JSON list of ids were deleted.
SELECT id FROM deleted_executions WHERE id IN (SELECT value FROM json_each(?));
