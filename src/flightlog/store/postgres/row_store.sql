-- name: lock_some
-- Lock some runs; the keys are in ascending order.
SELECT pg_advisory_xact_lock_shared(%(all)s::bigint), (
  SELECT count(pg_advisory_xact_lock(key)) FROM unnest(%(keys)s::bigint[]) AS key
);

-- name: lock_all
-- Lock all runs.
SELECT pg_advisory_xact_lock(%(all)s::bigint);

-- name: stored_nodes
-- Find node executions by their sequences.
WHERE execution_id = %(id)s AND sequence = ANY(%(sequences)s::bigint[]);

-- name: running_nodes
-- Find running node executions of the execution's own process.
WHERE execution_id = %(id)s AND status = 'running' AND process_id IS NULL LIMIT %(limit)s;

-- name: crashed_nodes
-- Find node executions that are shown as crashed because their execution is.
WHERE execution_id = %(id)s AND status = 'error' AND strpos(provenance, '"status":null') > 0 LIMIT %(limit)s;

-- name: running_executions
-- Find the executions that a dead process ran.
WHERE process_id = %(process_id)s AND status = 'running' ORDER BY id LIMIT %(limit)s;

-- name: running_nodes_of_process
-- Find a process's running node executions: in other processes' executions, and in its own ended executions. Also
-- read the columns by which the aggregates count their executions; the caller replaces {columns}.
SELECT {columns}, e.workflow_id, e.project_id, e.started_at
FROM node_executions AS n JOIN executions AS e ON e.id = n.execution_id
WHERE n.status = 'running' AND coalesce(n.process_id, e.process_id) = %(process_id)s
ORDER BY n.execution_id LIMIT %(limit)s;

-- name: counted_nodes
-- Read the columns by which the aggregates count an execution's nodes.
SELECT node_id, status, duration_ms FROM node_executions WHERE execution_id = %(id)s;

-- name: innermost_node
-- Find the newest running node execution of the execution's own process.
SELECT node_id FROM node_executions
WHERE execution_id = %(id)s AND status = 'running' AND process_id IS NULL
ORDER BY sequence DESC, node_id DESC LIMIT 1;

-- name: previous_run
-- The run before, to which an execution is linked without a record that says so.
SELECT previous_run FROM executions WHERE id = %(id)s;

-- name: add_stars
-- Star executions.
UPDATE executions SET starred = 1 WHERE id = ANY(%(ids)s) AND starred = 0 RETURNING id;

-- name: star
-- Check whether an execution is starred.
SELECT starred FROM executions WHERE id = %(id)s;

-- name: set_star
-- Star an execution, or remove the star.
UPDATE executions SET starred = %(starred)s WHERE id = %(id)s;
