-- name: next_pending
-- Find the next executions to index, the newest first. A running execution waits until it has ended or is quiet.
SELECT pending.ordinal, pending.version, executions.id
FROM search_pending AS pending
LEFT JOIN executions ON executions.ordinal = pending.ordinal
WHERE executions.status IS NOT 'running' OR pending.noted_at <= ?1
ORDER BY pending.ordinal DESC
LIMIT ?2;

-- name: executions
-- Read what is indexed of executions themselves, given as a JSON list of ids.
SELECT id, workflow_id, workflow_name, name, error_message, error_type, error_node_id, tags, trigger_data
FROM executions WHERE id IN (SELECT value FROM json_each(?));

-- name: nodes
-- Read what is indexed of the node executions of executions, given as a JSON list of ids; in its order.
SELECT execution_id, node_id, node_name, error_message, input, output, logs
FROM json_each(?) AS wanted CROSS JOIN node_executions ON execution_id = wanted.value;

-- name: payload_sizes
-- Read the sizes of payloads, given as a JSON list of ids.
SELECT id, size FROM payloads WHERE id IN (SELECT value FROM json_each(?));

-- name: payload_data
-- Read payloads, given as a JSON list of ids.
SELECT payloads.id, data FROM json_each(?) AS wanted CROSS JOIN payloads ON payloads.id = wanted.value;

-- name: note_changed
-- Note that executions changed, given as a JSON list of ids, and the time in seconds since 1970.
INSERT INTO search_pending (ordinal, version, noted_at)
SELECT ordinal, random(), ?2 FROM executions WHERE id IN (SELECT value FROM json_each(?1))
ON CONFLICT (ordinal) DO UPDATE SET version = excluded.version, noted_at = excluded.noted_at;

-- name: note_all
-- Note that every execution must be indexed.
INSERT INTO search_pending (ordinal, version, noted_at) SELECT ordinal, random(), 0 FROM executions WHERE true
ON CONFLICT (ordinal) DO UPDATE SET version = excluded.version;

-- name: forget_words
-- Delete the entries of executions, given as a JSON list of ordinals.
DELETE FROM search_words WHERE rowid IN (SELECT value FROM json_each(?));

-- name: forget_parts
-- Delete the entries of executions, given as a JSON list of ordinals.
DELETE FROM search_parts WHERE rowid IN (SELECT value FROM json_each(?));

-- name: forget_pending
-- Delete the notes of executions, given as a JSON list of ordinals.
DELETE FROM search_pending WHERE ordinal IN (SELECT value FROM json_each(?));

-- name: note_stale
-- Note that executions must be indexed again, given as a JSON list of ordinals.
INSERT INTO search_pending (ordinal, version, noted_at) SELECT value, random(), 0 FROM json_each(?) WHERE true
ON CONFLICT (ordinal) DO UPDATE SET version = excluded.version;

-- name: settle
-- Delete the notes of executions that haven't changed since they were read, given as a JSON list of [ordinal, version].
DELETE FROM search_pending WHERE (ordinal, version) IN (
  SELECT value ->> 0, value ->> 1 FROM json_each(?)
) RETURNING ordinal;

-- name: unchanged
-- Find the executions that haven't changed since they were read, given as a JSON list of [ordinal, version].
SELECT ordinal FROM search_pending WHERE (ordinal, version) IN (
  SELECT value ->> 0, value ->> 1 FROM json_each(?)
);

-- name: write_words
-- Write executions' words, in place of earlier ones; a portion has more rows.
INSERT OR REPLACE INTO search_words (rowid, text) VALUES (?, ?);

-- name: write_parts
-- Write executions' parts, in place of earlier ones; a portion has more rows.
INSERT OR REPLACE INTO search_parts (rowid, text) VALUES (?, ?);

-- name: merge_words
-- Merge about so many pages of the segments of words.
INSERT INTO search_words (search_words, rank) VALUES ('merge', ?);

-- name: merge_parts
-- Merge about so many pages of the segments of parts.
INSERT INTO search_parts (search_parts, rank) VALUES ('merge', ?);

-- name: clear_words
-- Delete all words.
INSERT INTO search_words (search_words) VALUES ('delete-all');

-- name: clear_parts
-- Delete all parts.
INSERT INTO search_parts (search_parts) VALUES ('delete-all');

-- name: count_pending
-- Count the executions that are not indexed as they are now.
SELECT count(*) FROM search_pending JOIN executions USING (ordinal);
