-- All texts are compared byte by byte, as Python and SQLite compare them, whatever the database's collation is.

CREATE TABLE executions (
  ordinal bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,  -- order of arrival
  id text COLLATE "C" NOT NULL UNIQUE,
  workflow_id text COLLATE "C" NOT NULL,
  workflow_name text COLLATE "C" NOT NULL,
  project_id text COLLATE "C",
  status text COLLATE "C" NOT NULL,       -- running, success, error
  started_at text COLLATE "C" NOT NULL,   -- UTC, 2026-11-22T19:04:11.000000Z: text order is time order
  completed_at text COLLATE "C",
  duration_ms double precision,
  execution_mode text COLLATE "C",        -- test, production
  is_simulated smallint,
  trigger_type text COLLATE "C",
  trigger_data bytea,                     -- a payload, as in node_executions
  error_message text COLLATE "C",
  error_node_id text COLLATE "C",
  error_kind text COLLATE "C",
  parent_execution_id text COLLATE "C",
  retry_of text COLLATE "C",
  tags text COLLATE "C",                  -- JSON object of text
  revision bigint NOT NULL,               -- the revision of the message that brought the status
  provenance text COLLATE "C",            -- JSON: versions of fields, where they differ from the status's version
  created_at text COLLATE "C" NOT NULL,
  error_stack text COLLATE "C",
  error_type text COLLATE "C",
  process_id text COLLATE "C",
  starred smallint NOT NULL DEFAULT 0,    -- 1: people have starred it; never merged with records
  run_id text COLLATE "C",                -- the run of this id; NULL: records without runId
  parent_run_id text COLLATE "C",         -- the run of parent_execution_id; NULL: unknown
  reused_id text COLLATE "C",             -- the id that the run was started under, once a newer run has that id
  previous_run text COLLATE "C",          -- the address of the previous run of that id
  name text COLLATE "C"                   -- the run's name for people
);

CREATE TABLE node_executions (
  execution_id text COLLATE "C" NOT NULL REFERENCES executions (id) ON UPDATE CASCADE ON DELETE CASCADE,
  sequence bigint NOT NULL,
  node_id text COLLATE "C" NOT NULL,
  node_name text COLLATE "C" NOT NULL,
  node_type text COLLATE "C" NOT NULL,
  status text COLLATE "C" NOT NULL,       -- pending, running, success, error, skipped
  attempt bigint,
  parent_sequence bigint,
  started_at text COLLATE "C",
  completed_at text COLLATE "C",
  duration_ms double precision,
  input bytea,                            -- a payload: JSON, or a zero byte and the 8 bytes of payloads.id; NULL is absent
  output bytea,
  error_message text COLLATE "C",
  error_node_id text COLLATE "C",
  error_kind text COLLATE "C",
  revision bigint NOT NULL,
  provenance text COLLATE "C",
  error_stack text COLLATE "C",
  error_type text COLLATE "C",
  process_id text COLLATE "C",            -- the process, if it is not the execution's
  logs bytea,                             -- a payload: a list of log records
  background smallint,                    -- 1: work that goes on after the execution's end
  PRIMARY KEY (execution_id, sequence, node_id)
);

-- A receiver takes a thousand ids at once.
CREATE SEQUENCE payload_ids INCREMENT BY 1000;

CREATE TABLE payloads (
  id bigint PRIMARY KEY,
  refs bigint NOT NULL,                   -- how many columns hold this id; at 0 the row is deleted
  size bigint NOT NULL,                   -- bytes of JSON
  hash bytea NOT NULL UNIQUE,             -- SHA-256 of the JSON
  data bytea NOT NULL                     -- the JSON as a zstd frame, which names its dictionary
);
-- The data is compressed already.
ALTER TABLE payloads ALTER COLUMN data SET STORAGE EXTERNAL;

CREATE TABLE dictionaries (
  id bigint PRIMARY KEY,                  -- the id in the zstd frames
  trained_at_payload bigint NOT NULL,     -- the newest payload's id at that time
  data bytea NOT NULL
);

CREATE TABLE deleted_executions (
  id text COLLATE "C" NOT NULL,           -- the id that the run was started under
  run_id text COLLATE "C" NOT NULL,       -- zeros: records without runId
  deleted_at text COLLATE "C" NOT NULL,
  PRIMARY KEY (id, run_id)
);

CREATE TABLE processes (
  id text COLLATE "C" PRIMARY KEY,
  received_count bigint NOT NULL,         -- received messages, each counted once
  missing_count bigint NOT NULL,          -- last_number - received_count
  last_number bigint NOT NULL,            -- the highest known number; numbers count from 1
  first_seen text COLLATE "C" NOT NULL,
  last_seen text COLLATE "C" NOT NULL,
  ranges text NOT NULL                    -- JSON: the numbers received, [[1,50],[52,60]]
);

-- Each writing connection counts in rows of its own slot, so that receivers never wait for each other's counts.
CREATE TABLE execution_aggregates (
  workflow_id text COLLATE "C" NOT NULL,
  project_id text COLLATE "C" NOT NULL,   -- empty: none
  hour text COLLATE "C" NOT NULL,         -- the hour of the execution's start, 2026-11-22T19
  status text COLLATE "C" NOT NULL,
  bucket integer NOT NULL,                -- the duration's bucket, see store/histogram.py; -1: no duration
  slot integer NOT NULL,
  count bigint NOT NULL,
  duration_us numeric NOT NULL,           -- the sum of the durations
  PRIMARY KEY (workflow_id, project_id, hour, status, bucket, slot)
);

CREATE TABLE node_aggregates (
  workflow_id text COLLATE "C" NOT NULL,
  project_id text COLLATE "C" NOT NULL,
  hour text COLLATE "C" NOT NULL,
  node_id text COLLATE "C" NOT NULL,
  status text COLLATE "C" NOT NULL,
  bucket integer NOT NULL,
  slot integer NOT NULL,
  count bigint NOT NULL,
  duration_us numeric NOT NULL,
  PRIMARY KEY (workflow_id, project_id, hour, node_id, status, bucket, slot)
);

CREATE TABLE saved_queries (
  name text COLLATE "C" PRIMARY KEY,
  query text COLLATE "C" NOT NULL         -- the text of the query, as it was typed
);

CREATE INDEX executions_by_workflow ON executions (workflow_id, started_at, ordinal);
CREATE INDEX executions_by_status ON executions (status, started_at, ordinal);
CREATE INDEX executions_by_time ON executions (started_at, ordinal);
CREATE INDEX executions_by_project ON executions (project_id, started_at, ordinal) WHERE project_id IS NOT NULL;
CREATE INDEX executions_unsuccessful ON executions (workflow_id, status, started_at, ordinal) WHERE status <> 'success';
CREATE INDEX executions_running ON executions (process_id) WHERE status = 'running' AND process_id IS NOT NULL;
CREATE INDEX executions_starred ON executions (started_at, ordinal) WHERE starred = 1;
CREATE INDEX executions_by_parent ON executions (parent_execution_id, started_at) WHERE parent_execution_id IS NOT NULL;
CREATE INDEX executions_reused ON executions (reused_id, run_id) WHERE reused_id IS NOT NULL;
CREATE INDEX node_executions_running ON node_executions (execution_id, process_id) WHERE status = 'running';
CREATE INDEX processes_incomplete ON processes (last_seen, missing_count) WHERE missing_count > 0;
