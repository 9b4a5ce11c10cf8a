-- The plain database that `flightlog export --format sqlite` writes, with the names and columns of
-- sql_views.sql. Payloads are JSON text, so every program that reads SQLite can use the database.

CREATE TABLE executions (
  id TEXT PRIMARY KEY,
  workflow_id TEXT NOT NULL,
  workflow_name TEXT NOT NULL,
  name TEXT,
  project_id TEXT,
  status TEXT NOT NULL,
  started_at TEXT NOT NULL,
  completed_at TEXT,
  duration_ms REAL,
  execution_mode TEXT,
  trigger_type TEXT,
  trigger_data TEXT,
  is_simulated INTEGER,
  error_message TEXT,
  error_type TEXT,
  error_kind TEXT,
  error_node_id TEXT,
  error_stack TEXT,
  parent_execution_id TEXT,
  retry_of TEXT,
  tags TEXT,
  starred INTEGER NOT NULL,
  process_id TEXT
);

CREATE TABLE node_executions (
  execution_id TEXT NOT NULL REFERENCES executions (id),
  sequence INTEGER NOT NULL,
  node_id TEXT NOT NULL,
  node_name TEXT NOT NULL,
  node_type TEXT NOT NULL,
  status TEXT NOT NULL,
  attempt INTEGER,
  parent_sequence INTEGER,
  started_at TEXT,
  completed_at TEXT,
  duration_ms REAL,
  input TEXT,
  output TEXT,
  logs TEXT,
  error_message TEXT,
  error_type TEXT,
  error_kind TEXT,
  error_node_id TEXT,
  error_stack TEXT,
  background INTEGER,
  process_id TEXT,
  PRIMARY KEY (execution_id, sequence, node_id)
);

CREATE INDEX executions_by_workflow ON executions (workflow_id, started_at);
CREATE INDEX executions_by_time ON executions (started_at);
