CREATE OR REPLACE VIEW {database}.older_runs{on_cluster} AS
SELECT execution_id, run_id FROM {database}.reused_ids
WHERE (execution_id, run_id) NOT IN (SELECT execution_id, max(run_id) FROM {database}.reused_ids GROUP BY execution_id);

CREATE OR REPLACE VIEW {database}.executions{on_cluster} AS
SELECT
  if((started_id, run_key) IN (SELECT execution_id, run_id FROM {database}.older_runs), concat(started_id, '@run-', run_key), started_id) AS id,
  started_id,
  run_key,
  transform(status_r.3, [1, 3, 4], ['running', 'success', 'error'], '') AS status,
  {execution_columns},
  error_r.1 > 0 AND (error_r.3 = 0 OR (status_r.1 = 2 AND status_r.3 = 4 AND error_r.1 = 2 AND error_r.2 = status_r.2)) AS has_error,
  if(has_error, own_error_message, NULL) AS error_message,
  if(has_error, own_error_node_id, NULL) AS error_node_id,
  if(has_error, own_error_kind, NULL) AS error_kind,
  if(has_error, own_error_type, NULL) AS error_type,
  starred_r.2 AS starred,
  created_at_r AS created_at,
  ordinal_r AS ordinal
FROM (
  SELECT execution_id AS started_id, run_id AS run_key, * EXCEPT (execution_id, run_id)
  FROM {database}.execution_registers FINAL
)
WHERE status_r.1 > 0
  AND (started_id, run_key) NOT IN (SELECT execution_id, run_id FROM {database}.deleted_executions);

CREATE OR REPLACE VIEW {database}.brief_executions{on_cluster} AS
SELECT
  if((started_id, run_key) IN (SELECT execution_id, run_id FROM {database}.older_runs), concat(started_id, '@run-', run_key), started_id) AS id,
  started_id,
  run_key,
  transform(status_r.3, [1, 3, 4], ['running', 'success', 'error'], '') AS status,
  workflow_id_r.3 AS workflow_id,
  started_at_r.3 AS started_at,
  starred_r.2 AS starred,
  ordinal_r AS ordinal
FROM (
  SELECT execution_id AS started_id, run_id AS run_key, status_r, workflow_id_r, started_at_r, starred_r, ordinal_r
  FROM {database}.execution_registers FINAL
)
WHERE status_r.1 > 0
  AND (started_id, run_key) NOT IN (SELECT execution_id, run_id FROM {database}.deleted_executions);

CREATE OR REPLACE VIEW {database}.crashed_executions{on_cluster} AS
SELECT execution_id, run_id FROM {database}.execution_registers FINAL
WHERE status_r.1 = 2 AND status_r.3 = 4;

CREATE OR REPLACE VIEW {database}.node_executions{on_cluster} AS
SELECT
  if((started_id, run_key) IN (SELECT execution_id, run_id FROM {database}.older_runs), concat(started_id, '@run-', run_key), started_id) AS execution_id,
  started_id,
  run_key,
  sequence,
  node_id,
  status_r.3 = 1 AND process_id_r.1 = 0
    AND (started_id, run_key) IN (SELECT execution_id, run_id FROM {database}.crashed_executions) AS crashes_along,
  if(crashes_along, 'error', transform(status_r.3, [0, 1, 2, 3, 4], ['pending', 'running', 'skipped', 'success', 'error'], '')) AS status,
  {node_columns},
  error_r.1 > 0 AND (error_r.3 = 0 OR (status_r.1 = 2 AND status_r.3 = 4 AND error_r.1 = 2 AND error_r.2 = status_r.2)) AS has_error,
  multiIf(has_error, own_error_message, crashes_along, 'The process ended while this node ran.', NULL) AS error_message
FROM (
  SELECT execution_id AS started_id, run_id AS run_key, * EXCEPT (execution_id, run_id)
  FROM {database}.node_registers FINAL
)
WHERE status_r.1 > 0
  AND (started_id, run_key) NOT IN (SELECT execution_id, run_id FROM {database}.deleted_executions)
