-- The current schema, version 9. A change here also needs a migration.

CREATE TABLE executions (
  ordinal INTEGER PRIMARY KEY,         -- order of arrival
  id TEXT NOT NULL UNIQUE,
  workflow_id TEXT NOT NULL,
  workflow_name TEXT NOT NULL,
  project_id TEXT,
  status TEXT NOT NULL,                -- running, success, error
  started_at TEXT NOT NULL,            -- UTC, 2026-11-22T19:04:11.000000Z: text order is time order
  completed_at TEXT,
  duration_ms REAL,
  execution_mode TEXT,                 -- test, production
  is_simulated INTEGER,
  trigger_type TEXT,
  trigger_data BLOB,                   -- a payload, as in node_executions
  error_message TEXT,
  error_node_id TEXT,
  error_kind TEXT,
  parent_execution_id TEXT,
  retry_of TEXT,
  tags TEXT,                           -- JSON object of text
  revision INTEGER NOT NULL,           -- the revision of the message that brought the status
  provenance TEXT,                     -- JSON: versions of fields, where they differ from the status's version
  created_at TEXT NOT NULL,
  error_stack TEXT,
  error_type TEXT,
  process_id TEXT,
  starred INTEGER NOT NULL DEFAULT 0,  -- 1: people have starred it; never merged with records
  run_id TEXT,                         -- the run of this id; NULL: records without runId
  parent_run_id TEXT,                  -- the run of parent_execution_id; NULL: unknown
  reused_id TEXT,                      -- the id that the run was started under, once a newer run has that id
  previous_run TEXT,                   -- the address of the previous run of that id
  name TEXT                            -- the run's name for people
);

CREATE TABLE node_executions (
  id INTEGER PRIMARY KEY,
  execution_id TEXT NOT NULL REFERENCES executions (id) ON DELETE CASCADE,
  sequence INTEGER NOT NULL,
  node_id TEXT NOT NULL,
  node_name TEXT NOT NULL,
  node_type TEXT NOT NULL,
  status TEXT NOT NULL,                -- pending, running, success, error, skipped
  attempt INTEGER,
  parent_sequence INTEGER,
  started_at TEXT,
  completed_at TEXT,
  duration_ms REAL,
  input BLOB,                          -- a payload: JSON text, or an integer: payloads.id; NULL is absent
  output BLOB,
  error_message TEXT,
  error_node_id TEXT,
  error_kind TEXT,
  revision INTEGER NOT NULL,
  provenance TEXT,
  error_stack TEXT,
  error_type TEXT,
  process_id TEXT,                     -- the process, if it is not the execution's
  logs BLOB,                           -- a payload: a list of log records
  background INTEGER                   -- 1: work that goes on after the execution's end
);

CREATE TABLE payloads (
  id INTEGER PRIMARY KEY,
  refs INTEGER NOT NULL,               -- how many columns hold this id; at 0 the row is deleted
  size INTEGER NOT NULL,               -- bytes of JSON
  hash BLOB NOT NULL,                  -- SHA-256 of the JSON
  data BLOB NOT NULL                   -- the JSON as a zstd frame, which names its dictionary
);

CREATE TABLE dictionaries (
  id INTEGER PRIMARY KEY,              -- the id in the zstd frames
  trained_at_payload INTEGER NOT NULL, -- the newest payload's id at that time
  data BLOB NOT NULL
);

CREATE TABLE deleted_executions (
  id TEXT NOT NULL,                    -- the id that the run was started under
  run_id TEXT NOT NULL,                -- zeros: records without runId
  deleted_at TEXT NOT NULL,
  PRIMARY KEY (id, run_id)
) WITHOUT ROWID;

CREATE TABLE processes (
  id TEXT PRIMARY KEY,
  received_count INTEGER NOT NULL,     -- received messages, each counted once
  missing_count INTEGER NOT NULL,      -- last_number - received_count
  last_number INTEGER NOT NULL,        -- the highest known number; numbers count from 1
  first_seen TEXT NOT NULL,
  last_seen TEXT NOT NULL,
  ranges TEXT NOT NULL                 -- JSON: the numbers received, [[1,50],[52,60]]
);

CREATE TABLE execution_aggregates (
  workflow_id TEXT NOT NULL,
  project_id TEXT NOT NULL,            -- empty: none
  hour TEXT NOT NULL,                  -- the hour of the execution's start, 2026-11-22T19
  status TEXT NOT NULL,
  bucket INTEGER NOT NULL,             -- the duration's bucket, see store/histogram.py; -1: no duration
  count INTEGER NOT NULL,
  duration_us INTEGER NOT NULL,        -- the sum of the durations
  PRIMARY KEY (workflow_id, project_id, hour, status, bucket)
) WITHOUT ROWID;

CREATE TABLE node_aggregates (
  workflow_id TEXT NOT NULL,
  project_id TEXT NOT NULL,
  node_id TEXT NOT NULL,
  hour TEXT NOT NULL,
  status TEXT NOT NULL,
  bucket INTEGER NOT NULL,
  count INTEGER NOT NULL,
  duration_us INTEGER NOT NULL,
  PRIMARY KEY (workflow_id, project_id, hour, node_id, status, bucket)
) WITHOUT ROWID;

-- The search index: an execution's words and values, and pieces of its names and identifiers (see index_terms.py).
-- A row's id is the execution's ordinal. Merges of FTS5 happen only on demand, in portions.
CREATE VIRTUAL TABLE search_words USING fts5(
  text, content='', contentless_delete=1, detail=none, tokenize='ascii'
);
CREATE VIRTUAL TABLE search_parts USING fts5(
  text, content='', contentless_delete=1, detail=none, tokenize='trigram case_sensitive 1'
);
INSERT INTO search_words (search_words, rank)
VALUES ('automerge', 0), ('usermerge', 8), ('crisismerge', 1999), ('deletemerge', 5);
INSERT INTO search_parts (search_parts, rank)
VALUES ('automerge', 0), ('usermerge', 8), ('crisismerge', 1999), ('deletemerge', 5);

CREATE TABLE search_pending (
  ordinal INTEGER PRIMARY KEY,         -- the execution, or an execution that was deleted
  version INTEGER NOT NULL,            -- another number after each change
  noted_at INTEGER NOT NULL            -- the time of the change, seconds since 1970
);

CREATE TABLE search_settings (
  content TEXT NOT NULL,               -- what is indexed: full, words, off
  version INTEGER NOT NULL             -- the version of the terms; an index of other terms is built anew
);
INSERT INTO search_settings (content, version) VALUES ('full', 2);

CREATE TABLE search_model_calls (
  ordinal INTEGER NOT NULL,            -- the execution
  place INTEGER NOT NULL,              -- the call's place among the calls of the execution
  model TEXT,                          -- NULL: not named
  input_tokens INTEGER,                -- with those read from a cache; NULL: unknown
  cached_tokens INTEGER,
  output_tokens INTEGER,
  PRIMARY KEY (ordinal, place)
) WITHOUT ROWID;

CREATE TABLE saved_queries (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  query TEXT NOT NULL                  -- the text of the query, as it was typed
);

-- Executions that retention has removed, so that statistics go last.
CREATE TABLE removed_days (
  day TEXT NOT NULL,                   -- the day of the executions' starts, 2026-11-22
  workflow_id TEXT NOT NULL,
  project_id TEXT NOT NULL,            -- empty: none
  success INTEGER NOT NULL,            -- how many executions ended well
  error INTEGER NOT NULL,
  timed INTEGER NOT NULL,              -- how many of them had a duration
  duration_us INTEGER NOT NULL,        -- the sum of the durations
  PRIMARY KEY (day, workflow_id, project_id)
) WITHOUT ROWID;

CREATE INDEX executions_by_workflow ON executions (workflow_id, started_at);
CREATE INDEX executions_by_status ON executions (status, started_at);
CREATE INDEX executions_by_time ON executions (started_at);
CREATE INDEX executions_by_project ON executions (project_id, started_at) WHERE project_id IS NOT NULL;
CREATE INDEX executions_unsuccessful ON executions (workflow_id, status, started_at) WHERE status <> 'success';
CREATE INDEX executions_running ON executions (process_id) WHERE status = 'running' AND process_id IS NOT NULL;
CREATE INDEX executions_starred ON executions (started_at) WHERE starred = 1;
CREATE INDEX executions_by_parent ON executions (parent_execution_id, started_at) WHERE parent_execution_id IS NOT NULL;
CREATE INDEX executions_reused ON executions (reused_id, run_id) WHERE reused_id IS NOT NULL;
CREATE INDEX node_executions_running ON node_executions (execution_id, process_id) WHERE status = 'running';
CREATE UNIQUE INDEX node_executions_by_execution ON node_executions (execution_id, sequence, node_id);
CREATE UNIQUE INDEX payloads_large ON payloads (hash) WHERE size >= 4096;
CREATE INDEX payloads_orphaned ON payloads (id) WHERE refs <= 0;
CREATE INDEX processes_incomplete ON processes (last_seen, missing_count) WHERE missing_count > 0;
CREATE INDEX execution_aggregates_empty ON execution_aggregates (workflow_id) WHERE count = 0;
CREATE INDEX node_aggregates_empty ON node_aggregates (workflow_id) WHERE count = 0;

-- Triggers keep the counts correct even after a cascade or another program's DELETE.
CREATE TRIGGER executions_release AFTER DELETE ON executions
WHEN typeof(OLD.trigger_data) = 'integer'
BEGIN
  UPDATE payloads SET refs = refs - 1 WHERE id = OLD.trigger_data;
END;

CREATE TRIGGER node_executions_release_input AFTER DELETE ON node_executions
WHEN typeof(OLD.input) = 'integer'
BEGIN
  UPDATE payloads SET refs = refs - 1 WHERE id = OLD.input;
END;

CREATE TRIGGER node_executions_release_output AFTER DELETE ON node_executions
WHEN typeof(OLD.output) = 'integer'
BEGIN
  UPDATE payloads SET refs = refs - 1 WHERE id = OLD.output;
END;

CREATE TRIGGER node_executions_release_logs AFTER DELETE ON node_executions
WHEN typeof(OLD.logs) = 'integer'
BEGIN
  UPDATE payloads SET refs = refs - 1 WHERE id = OLD.logs;
END;

-- The index forgets the execution in its next portion. Programs whose SQLite lacks FTS5 can thus delete, too.
CREATE TRIGGER executions_unindex AFTER DELETE ON executions
BEGIN
  DELETE FROM search_model_calls WHERE ordinal = OLD.ordinal;
  INSERT INTO search_pending (ordinal, version, noted_at) VALUES (OLD.ordinal, random(), 0)
  ON CONFLICT (ordinal) DO UPDATE SET version = excluded.version, noted_at = excluded.noted_at;
END;
