-- name: insert_segment
-- Begin a segment.
INSERT INTO search_segments (places, shift, bytes) VALUES (%(places)s, %(shift)s, 0) RETURNING id;

-- name: copy_postings
-- Write the postings of a segment.
COPY search_postings (segment, bucket, data) FROM STDIN (FORMAT BINARY);

-- name: set_size
-- Note the size of a segment's postings.
UPDATE search_segments SET bytes = %(bytes)s WHERE id = %(segment)s;

-- name: small
-- Find the small segments, the oldest first.
SELECT id, places FROM search_segments WHERE places < %(places)s ORDER BY id;

-- name: dead
-- Find the segments in which many places are dead.
SELECT id, places FROM search_segments
WHERE (SELECT count(*) FROM search_entries WHERE segment = search_segments.id) < places * %(share)s
ORDER BY id;

-- name: live
-- Find the live places of segments.
SELECT segment, place FROM search_entries WHERE segment = ANY(%(segments)s::bigint[]) ORDER BY ordinal;

-- name: measure
-- Add up the sizes of segments.
SELECT coalesce(sum(bytes), 0) FROM search_segments WHERE id = ANY(%(segments)s::bigint[]);

-- name: slice
-- Read the postings of a range of terms.
SELECT s.id, p.data
FROM search_segments AS s JOIN search_postings AS p ON p.segment = s.id
WHERE s.id = ANY(%(segments)s::bigint[])
  AND p.bucket BETWEEN %(low)s::integer >> s.shift AND %(last)s::integer >> s.shift;

-- name: lock
-- Lock the entries of segments. An error is better than waiting for those who may wait for this transaction.
SELECT 1 FROM search_entries WHERE segment = ANY(%(segments)s::bigint[]) FOR UPDATE NOWAIT;

-- name: move
-- Let the entries that are still there lead to the new segment.
UPDATE search_entries AS entry SET segment = %(merged)s, place = moved.number - 1
FROM unnest(%(segments)s::bigint[], %(places)s::integer[]) WITH ORDINALITY AS moved (segment, place, number)
WHERE entry.segment = moved.segment AND entry.place = moved.place;

-- name: delete_postings
-- Delete the postings of segments.
DELETE FROM search_postings WHERE segment = ANY(%(segments)s::bigint[]);

-- name: delete_segments
-- Delete segments.
DELETE FROM search_segments WHERE id = ANY(%(segments)s::bigint[]);
