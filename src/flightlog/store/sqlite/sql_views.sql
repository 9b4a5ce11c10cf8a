-- The views of `flightlog sql`, described in docs/inspect/sql.md. The export for other programs
-- writes tables with the same names and columns. `payload_json` gives a payload's JSON text.

CREATE TEMP VIEW executions AS
SELECT
  id, workflow_id, workflow_name, name, project_id, status, started_at, completed_at, duration_ms,
  execution_mode, trigger_type, payload_json(trigger_data) AS trigger_data, is_simulated,
  error_message, error_type, error_kind, error_node_id, error_stack,
  parent_execution_id, retry_of, tags, starred, process_id
FROM main.executions;

CREATE TEMP VIEW node_executions AS
SELECT
  execution_id, sequence, node_id, node_name, node_type, status, attempt, parent_sequence,
  started_at, completed_at, duration_ms,
  payload_json(input) AS input, payload_json(output) AS output, payload_json(logs) AS logs,
  error_message, error_type, error_kind, error_node_id, error_stack, background, process_id
FROM main.node_executions;
