-- name: ended
-- Find the next executions of a status in the order of their starts, and whether they have to stay. A start after
-- `latest` is no newest one.
SELECT
  ordinal, id, started_at,
  starred = 1 OR (
    status = 'success' AND started_at <= %(latest)s AND NOT EXISTS (
      SELECT 1 FROM executions AS newer
      WHERE newer.workflow_id = executions.workflow_id AND (newer.started_at, newer.ordinal) > (executions.started_at, executions.ordinal)
        AND newer.started_at <= %(latest)s AND newer.status = 'success'
    )
  )
FROM executions
WHERE status = %(status)s AND (started_at, ordinal) > (%(started_at)s, %(ordinal)s::bigint)
ORDER BY started_at, ordinal
LIMIT %(number)s;

-- name: crowded_workflows
-- List the workflows that have more executions than a number.
SELECT workflow_id FROM execution_aggregates GROUP BY workflow_id HAVING sum(count) > %(kept)s;

-- name: newest_kept
-- Find the start and the ordinal of the last of a workflow's newest executions that stay.
SELECT started_at, ordinal FROM executions WHERE workflow_id = %(workflow_id)s AND started_at <= %(latest)s
ORDER BY started_at DESC, ordinal DESC LIMIT 1 OFFSET %(skipped)s;

-- name: oldest_of_workflow
-- Find the next executions of a workflow before one of them that don't have to stay. Many may have the same start.
SELECT ordinal, id, started_at
FROM executions
WHERE workflow_id = %(workflow_id)s AND (started_at, ordinal) < (%(before)s, %(before_ordinal)s::bigint)
  AND status <> 'running' AND starred = 0
  AND (started_at, ordinal) > (%(started_at)s, %(ordinal)s::bigint)
  AND (
    status <> 'success' OR EXISTS (
      SELECT 1 FROM executions AS newer
      WHERE newer.workflow_id = executions.workflow_id AND (newer.started_at, newer.ordinal) > (executions.started_at, executions.ordinal)
        AND newer.started_at <= %(latest)s AND newer.status = 'success'
    )
  )
ORDER BY started_at, ordinal
LIMIT %(number)s;

-- name: starts
-- Read the ids under which executions were started.
SELECT coalesce(reused_id, id) FROM executions WHERE ordinal = ANY(%(ordinals)s::bigint[]);

-- name: still_removable
-- Read which executions may still go, once their runs are locked.
SELECT ordinal FROM executions
WHERE ordinal = ANY(%(ordinals)s::bigint[]) AND status <> 'running' AND starred = 0;

-- name: pages
-- Count the pages of the tables that a measurement samples.
SELECT
  pg_relation_size('executions') / 8192, pg_relation_size('node_executions') / 8192,
  pg_relation_size('payloads') / 8192;

-- name: measure_executions
-- Estimate the bytes of a share of the executions; 500 are a row's own, with its indexes.
SELECT sum(500 + octet_length(id) + octet_length(workflow_id) * 3 + coalesce(octet_length(error_stack), 0))
FROM executions TABLESAMPLE SYSTEM (%(share)s);

-- name: measure_nodes
-- Estimate the bytes of a share of the node executions; 200 are a row's own, with its indexes.
SELECT sum(
  200 + octet_length(node_id) * 2 + octet_length(node_name) + octet_length(node_type)
  + coalesce(octet_length(error_stack), 0)
)
FROM node_executions TABLESAMPLE SYSTEM (%(share)s);

-- name: measure_payloads
-- Estimate the bytes of a share of the payloads; 150 are a row's own, with its indexes.
SELECT sum(150 + octet_length(data)) FROM payloads TABLESAMPLE SYSTEM (%(share)s);

-- name: measure_index
-- Estimate the bytes of the search index: the live parts of segments, a tenth more for their rows, and 120 for an entry.
SELECT sum(1.1 * segment.bytes * live.places / segment.places + 120 * live.places)
FROM search_segments AS segment
JOIN (SELECT segment, count(*) AS places FROM search_entries GROUP BY segment) AS live ON live.segment = segment.id;

-- name: estimate_execution
-- Estimate the bytes of executions.
SELECT sum(500 + octet_length(id) + octet_length(workflow_id) * 3 + coalesce(octet_length(error_stack), 0))
FROM executions WHERE ordinal = ANY(%(ordinals)s::bigint[]);

-- name: estimate_nodes
-- Estimate the bytes of the node executions of executions.
SELECT sum(
  200 + octet_length(node_id) * 2 + octet_length(node_name) + octet_length(node_type)
  + coalesce(octet_length(error_stack), 0)
)
FROM node_executions
WHERE execution_id IN (SELECT id FROM executions WHERE ordinal = ANY(%(ordinals)s::bigint[]));

-- name: estimate_payloads
-- Estimate the bytes of the payloads that only these executions hold.
SELECT sum(150 + octet_length(data))
FROM payloads
JOIN unnest(%(ids)s::bigint[], %(numbers)s::bigint[]) AS held (id, number) ON held.id = payloads.id
WHERE refs <= number;

-- name: drop_trigger_data
-- Put placeholders in the place of the data of triggers.
UPDATE executions SET trigger_data = dropped.placeholder
FROM unnest(%(stored)s::bytea[], %(placeholders)s::bytea[]) AS dropped (stored, placeholder)
WHERE ordinal = ANY(%(ordinals)s::bigint[]) AND trigger_data = dropped.stored;

-- name: drop_node_payloads
-- Put placeholders in the place of the payloads of node executions.
WITH dropped AS MATERIALIZED (
  SELECT * FROM unnest(%(stored)s::bytea[], %(placeholders)s::bytea[]) AS dropped (stored, placeholder)
)
UPDATE node_executions AS n
SET
  input = coalesce((SELECT placeholder FROM dropped WHERE stored = n.input), n.input),
  output = coalesce((SELECT placeholder FROM dropped WHERE stored = n.output), n.output),
  logs = coalesce((SELECT placeholder FROM dropped WHERE stored = n.logs), n.logs)
WHERE execution_id IN (SELECT id FROM executions WHERE ordinal = ANY(%(ordinals)s::bigint[]))
  AND (
    input = ANY(%(stored)s::bytea[]) OR output = ANY(%(stored)s::bytea[]) OR logs = ANY(%(stored)s::bytea[])
  );

-- name: forget_processes
-- Forget processes that miss no message and were last heard of before the oldest execution began.
DELETE FROM processes
WHERE missing_count = 0 AND last_seen < (SELECT min(started_at) FROM executions)
  AND id IN (SELECT id FROM processes LIMIT 1000);
