-- name: nodes
-- Read the node executions of executions; the caller replaces {columns}.
SELECT {columns} FROM node_executions WHERE execution_id = ANY(%(ids)s) ORDER BY execution_id, sequence, node_id;

-- name: first_nodes
-- Read the first node executions of executions, in the order of the ids; the caller replaces {columns}.
SELECT {columns}
FROM unnest(%(ids)s::text[]) WITH ORDINALITY AS wanted (id, place)
JOIN node_executions ON node_executions.execution_id = wanted.id
ORDER BY wanted.place, sequence, node_id LIMIT %(limit)s;

-- name: page
-- Read one execution's node executions after a sequence and node id; the caller replaces {columns}.
SELECT {columns} FROM node_executions
WHERE execution_id = %(id)s AND (sequence, node_id) > (%(sequence)s, %(node_id)s)
ORDER BY sequence, node_id LIMIT %(limit)s::bigint;

-- name: trigger_payload
-- Read a trigger's data.
SELECT trigger_data FROM executions WHERE id = %(id)s;

-- name: input_payload
-- Read a node execution's input.
SELECT input FROM node_executions
WHERE execution_id = %(id)s AND sequence = %(sequence)s AND (%(node_id)s::text IS NULL OR node_id = %(node_id)s)
ORDER BY node_id LIMIT 1;

-- name: output_payload
-- Read a node execution's output.
SELECT output FROM node_executions
WHERE execution_id = %(id)s AND sequence = %(sequence)s AND (%(node_id)s::text IS NULL OR node_id = %(node_id)s)
ORDER BY node_id LIMIT 1;

-- name: logs_payload
-- Read a node execution's log records.
SELECT logs FROM node_executions
WHERE execution_id = %(id)s AND sequence = %(sequence)s AND (%(node_id)s::text IS NULL OR node_id = %(node_id)s)
ORDER BY node_id LIMIT 1;

-- name: count
-- Count all executions.
SELECT coalesce(sum(count), 0) FROM execution_aggregates;

-- name: running_processes
-- List the processes that have running executions.
SELECT DISTINCT process_id FROM executions WHERE status = 'running' AND process_id IS NOT NULL ORDER BY process_id;

-- name: unfinished_executions
-- For each process, count its running executions, give an example, and read when the process was last heard of.
SELECT
  process_id, count(*), min(id),
  coalesce((SELECT last_seen FROM processes WHERE processes.id = executions.process_id), max(started_at))
FROM executions
WHERE status = 'running' AND process_id IS NOT NULL
GROUP BY process_id;

-- name: unfinished_nodes
-- For each process, count running nodes in executions that have ended or belong to another process, with an example.
SELECT
  running.process, count(*), min(running.id),
  coalesce((SELECT last_seen FROM processes WHERE processes.id = running.process), max(running.started_at))
FROM (
  SELECT coalesce(n.process_id, e.process_id) AS process, e.id, e.started_at
  FROM node_executions AS n JOIN executions AS e ON e.id = n.execution_id
  WHERE n.status = 'running' AND (e.status <> 'running' OR n.process_id IS NOT NULL)
) AS running
GROUP BY running.process;

-- name: saved_queries
-- List the saved queries.
SELECT name, query FROM saved_queries ORDER BY name;

-- name: count_other_queries
-- Count the saved queries of other names.
SELECT count(*) FROM saved_queries WHERE name <> %(name)s;

-- name: save_query
-- Save a query, or replace the query of its name.
INSERT INTO saved_queries (name, query) VALUES (%(name)s, %(query)s)
ON CONFLICT (name) DO UPDATE SET query = excluded.query;

-- name: delete_query
-- Delete a saved query.
DELETE FROM saved_queries WHERE name = %(name)s RETURNING 1;

-- name: size
-- Measure the tables and indexes of the schema.
SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = %(schema)s AND c.relkind = 'r';

-- name: try_prune
-- Try to become the only receiver that removes old executions, until the end of the transaction.
SELECT pg_try_advisory_xact_lock(hashtextextended('flightlog.prune.' || %(key)s, 0));
