-- Migrate from version 6 to version 7: add saved queries, so that all clients of a history share them.
CREATE TABLE saved_queries (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  query TEXT NOT NULL                  -- the text of the query, as it was typed
);
