-- Saved queries.

-- name: list
-- All saved queries by name.
SELECT name, query FROM saved_queries ORDER BY name;

-- name: save
-- Save a query, or replace the query of the name.
INSERT INTO saved_queries (name, query) VALUES (:name, :query)
ON CONFLICT (name) DO UPDATE SET query = excluded.query;

-- name: count_others
-- The number of saved queries of other names.
SELECT count(*) FROM saved_queries WHERE name <> ?;

-- name: delete
-- Delete a saved query.
DELETE FROM saved_queries WHERE name = ?;
