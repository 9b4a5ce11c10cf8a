-- name: nodes
-- Read the payloads of an execution's node executions that have an output, in order.
SELECT input, output FROM node_executions
WHERE execution_id = %(id)s AND output IS NOT NULL
ORDER BY sequence, node_id LIMIT %(most)s;

-- name: payload
-- Read a payload that is not too large.
SELECT data FROM payloads WHERE id = %(id)s AND size <= %(most_bytes)s;

-- name: outdated
-- Find changed executions whose records may hold calls, or whose calls are known.
SELECT ordinal, id FROM executions
WHERE id = ANY(%(changed)s::text[]) AND (
  coalesce(reused_id, id) = ANY(%(signed)s::text[])
  OR EXISTS (SELECT 1 FROM model_calls WHERE model_calls.ordinal = executions.ordinal)
)
ORDER BY ordinal;

-- name: forget
-- Delete the calls of executions.
DELETE FROM model_calls WHERE ordinal = ANY(%(ordinals)s::bigint[]);

-- name: write
-- Write calls.
INSERT INTO model_calls (ordinal, place, model, input_tokens, cached_tokens, output_tokens)
SELECT * FROM unnest(
  %(ordinals)s::bigint[], %(places)s::integer[], %(models)s::text[], %(inputs)s::bigint[], %(cached)s::bigint[],
  %(outputs)s::bigint[]
);

-- name: exists
-- Find out whether any execution has calls.
SELECT 1 FROM model_calls LIMIT 1;

-- name: sum_by_execution
-- Add up the calls of executions, by model and by the prices that apply.
SELECT
  e.id, model, count(*), coalesce(sum(input_tokens), 0), coalesce(sum(cached_tokens), 0), coalesce(sum(output_tokens), 0),
  max(coalesce(input_tokens, 0)), (input_tokens IS NOT NULL AND output_tokens IS NOT NULL) AS is_complete
FROM executions AS e JOIN model_calls AS calls ON calls.ordinal = e.ordinal
WHERE e.id = ANY(%(ids)s::text[])
GROUP BY
  e.id, model, is_complete,
  (SELECT count(*) FROM unnest(%(limits)s::bigint[]) AS each (value) WHERE each.value < input_tokens)
ORDER BY e.id, model;

-- name: sum_all
-- Add up the calls of executions, by model and by the prices that apply.
SELECT
  model, count(*), coalesce(sum(input_tokens), 0), coalesce(sum(cached_tokens), 0), coalesce(sum(output_tokens), 0),
  max(coalesce(input_tokens, 0)), (input_tokens IS NOT NULL AND output_tokens IS NOT NULL) AS is_complete
FROM model_calls
WHERE ordinal = ANY(%(ordinals)s::bigint[])
GROUP BY
  model, is_complete,
  (SELECT count(*) FROM unnest(%(limits)s::bigint[]) AS each (value) WHERE each.value < input_tokens)
ORDER BY model;
