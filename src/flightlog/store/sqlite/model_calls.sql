-- name: nodes
-- Read the payloads of an execution's node executions that have an output, in order.
SELECT input, output FROM node_executions
WHERE execution_id = ? AND output IS NOT NULL
ORDER BY sequence, node_id LIMIT ?;

-- name: payload
-- Read a payload that is not too large.
SELECT data FROM payloads WHERE id = ? AND size <= ?;

-- name: forget
-- Delete the calls of executions, given as a JSON list of ordinals.
DELETE FROM search_model_calls WHERE ordinal IN (SELECT value FROM json_each(?));

-- name: write
-- Write a call of an execution.
INSERT INTO search_model_calls (ordinal, place, model, input_tokens, cached_tokens, output_tokens)
VALUES (?, ?, ?, ?, ?, ?);

-- name: exists
-- Find out whether any execution has calls.
SELECT 1 FROM search_model_calls LIMIT 1;

-- name: sum_by_execution
-- Add up the calls of executions, given as a JSON list of ids, by model and by the prices that apply.
SELECT
  executions.id, model, count(*), total(input_tokens), total(cached_tokens), total(output_tokens),
  max(ifnull(input_tokens, 0)), input_tokens IS NOT NULL AND output_tokens IS NOT NULL AS is_complete
FROM json_each(:ids) AS wanted
CROSS JOIN executions ON executions.id = wanted.value
CROSS JOIN search_model_calls AS calls ON calls.ordinal = executions.ordinal
GROUP BY
  executions.id, model, is_complete, (SELECT count(*) FROM json_each(:limits) AS each WHERE each.value < input_tokens);

-- name: sum_all
-- Add up the calls of executions, given as a JSON list of ordinals, by model and by the prices that apply.
SELECT
  model, count(*), total(input_tokens), total(cached_tokens), total(output_tokens),
  max(ifnull(input_tokens, 0)), input_tokens IS NOT NULL AND output_tokens IS NOT NULL AS is_complete
FROM json_each(:ordinals) AS wanted
CROSS JOIN search_model_calls AS calls ON calls.ordinal = wanted.value
GROUP BY model, is_complete, (SELECT count(*) FROM json_each(:limits) AS each WHERE each.value < input_tokens);
