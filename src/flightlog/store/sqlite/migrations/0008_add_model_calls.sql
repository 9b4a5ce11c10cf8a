-- Migrate from version 7 to version 8: add the tokens of models' calls, because lists read no payloads.
-- The pass that fills the search index finds the calls, so every execution waits to be indexed again.
CREATE TABLE search_model_calls (
  ordinal INTEGER NOT NULL,            -- the execution
  place INTEGER NOT NULL,              -- the call's place among the calls of the execution
  model TEXT,                          -- NULL: not named
  input_tokens INTEGER,                -- with those read from a cache; NULL: unknown
  cached_tokens INTEGER,
  output_tokens INTEGER,
  PRIMARY KEY (ordinal, place)
) WITHOUT ROWID;

DROP TRIGGER executions_unindex;
CREATE TRIGGER executions_unindex AFTER DELETE ON executions
BEGIN
  DELETE FROM search_model_calls WHERE ordinal = OLD.ordinal;
  INSERT INTO search_pending (ordinal, version, noted_at) VALUES (OLD.ordinal, random(), 0)
  ON CONFLICT (ordinal) DO UPDATE SET version = excluded.version, noted_at = excluded.noted_at;
END;

INSERT INTO search_pending (ordinal, version, noted_at)
SELECT ordinal, random(), 0 FROM executions WHERE (SELECT content FROM search_settings) <> 'off'
ON CONFLICT (ordinal) DO UPDATE SET version = excluded.version;
