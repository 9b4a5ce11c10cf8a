-- name: known
-- Find stored payloads by their hashes.
SELECT hash, id FROM payloads WHERE hash = ANY(%(hashes)b::bytea[]);

-- name: count
-- Count references to payloads, in the order of their hashes. One that was erased meanwhile is inserted without data.
INSERT INTO payloads (id, refs, size, hash, data)
SELECT *, ''::bytea
FROM unnest(%(ids)s::bigint[], %(refs)s::bigint[], %(sizes)s::bigint[], %(hashes)b::bytea[])
ON CONFLICT (hash) DO UPDATE SET refs = payloads.refs + excluded.refs
RETURNING id, hash, length(data);

-- name: insert
-- Insert new payloads, in the order of their hashes.
COPY payloads (id, refs, size, hash, data) FROM STDIN (FORMAT BINARY);

-- name: lock
-- Lock payloads in the order of their hashes, as `count` does.
SELECT id FROM payloads WHERE id = ANY(%(ids)s::bigint[]) ORDER BY hash FOR NO KEY UPDATE;

-- name: release
-- Count references less, and return the payloads that have none left.
WITH changed AS (
  UPDATE payloads SET refs = payloads.refs - gone.number
  FROM unnest(%(ids)s::bigint[], %(numbers)s::bigint[]) AS gone (id, number)
  WHERE payloads.id = gone.id
  RETURNING payloads.id, payloads.refs
)
SELECT id FROM changed WHERE refs <= 0;

-- name: erase
-- Erase payloads without references.
DELETE FROM payloads WHERE id = ANY(%(ids)s::bigint[]) AND refs <= 0;

-- name: data
-- Read a payload.
SELECT data FROM payloads WHERE id = %(id)s;

-- name: data_of
-- Read payloads.
SELECT id, data FROM payloads WHERE id = ANY(%(ids)s::bigint[]);

-- name: sizes
-- Read the sizes of payloads.
SELECT id, size FROM payloads WHERE id = ANY(%(ids)s::bigint[]);

-- name: key
-- Read the size and the hash of a payload.
SELECT size, hash FROM payloads WHERE id = %(id)s;
