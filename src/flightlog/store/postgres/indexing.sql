-- name: note_changed
-- Note that executions must be indexed again.
INSERT INTO search_pending (ordinal, version, noted_at)
SELECT ordinal, pg_current_xact_id()::text::bigint, %(now_s)s FROM executions
WHERE id = ANY(%(ids)s::text[]) AND (SELECT content FROM search_settings) <> 'off'
ORDER BY ordinal
ON CONFLICT (ordinal) DO UPDATE SET version = excluded.version, noted_at = excluded.noted_at;

-- name: note_stale
-- Note that executions must be indexed again, because parts of them were removed.
INSERT INTO search_pending (ordinal, version, noted_at)
SELECT ordinal, pg_current_xact_id()::text::bigint, 0 FROM unnest(%(ordinals)s::bigint[]) AS ordinal
WHERE (SELECT content FROM search_settings) <> 'off'
ORDER BY ordinal
ON CONFLICT (ordinal) DO UPDATE SET version = excluded.version;

-- name: note_all
-- Note that every execution must be indexed.
INSERT INTO search_pending (ordinal, version, noted_at)
SELECT ordinal, pg_current_xact_id()::text::bigint, 0 FROM executions ORDER BY ordinal;

-- name: forget_entries
-- Delete the entries of executions.
DELETE FROM search_entries WHERE ordinal = ANY(%(ordinals)s::bigint[]);

-- name: choose_content
-- Note what the index holds from now on.
UPDATE search_settings SET content = %(content)s, version = %(version)s;

-- name: clear_entries
-- Delete all entries; not by TRUNCATE, which older snapshots see.
DELETE FROM search_entries;

-- name: clear_postings
-- Delete all postings.
DELETE FROM search_postings;

-- name: clear_segments
-- Delete all segments.
DELETE FROM search_segments;

-- name: clear_pending
-- Delete all notes.
DELETE FROM search_pending;

-- name: count_pending
-- Count the executions that are not indexed as they are now.
SELECT count(*) FROM search_pending WHERE (SELECT content FROM search_settings) <> 'off';

-- name: next_pending
-- Find the next executions to index, the newest first. A running execution waits until it has ended or is quiet.
SELECT pending.ordinal, pending.version
FROM search_pending AS pending JOIN executions ON executions.ordinal = pending.ordinal
WHERE executions.status <> 'running' OR pending.noted_at <= %(quiet_since)s
ORDER BY pending.ordinal DESC
LIMIT %(number)s;

-- name: claim
-- Claim some blocks of executions for this connection, in the order of the list.
SELECT block FROM unnest(%(blocks)s::integer[]) AS block
WHERE pg_try_advisory_lock(hashtext(%(key)s), block) LIMIT %(number)s;

-- name: release
-- Give up the claim of blocks.
SELECT pg_advisory_unlock(hashtext(%(key)s), block) FROM unnest(%(blocks)s::integer[]) AS block;

-- name: settle
-- Delete the notes of executions that haven't changed since they were read. Rows that others have locked are left, so
-- that this never waits. The rows of executions are locked first, as others do.
WITH kept AS MATERIALIZED (
  SELECT ordinal FROM executions WHERE ordinal = ANY(%(ordinals)s::bigint[]) FOR KEY SHARE SKIP LOCKED
), unchanged AS MATERIALIZED (
  SELECT pending.ordinal
  FROM search_pending AS pending
  JOIN unnest(%(ordinals)s::bigint[], %(versions)s::bigint[]) AS read (ordinal, version)
    ON read.ordinal = pending.ordinal AND read.version = pending.version
  WHERE pending.ordinal IN (SELECT ordinal FROM kept)
  FOR UPDATE OF pending SKIP LOCKED
)
DELETE FROM search_pending WHERE ordinal IN (SELECT ordinal FROM unchanged) RETURNING ordinal;

-- name: write
-- Note the segment and the places of executions, in place of earlier ones; without a place, they are always candidates.
INSERT INTO search_entries (ordinal, segment, place)
SELECT ordinal, CASE WHEN place IS NOT NULL THEN %(segment)s::bigint END, place
FROM unnest(%(ordinals)s::bigint[], %(places)s::integer[]) AS entry (ordinal, place)
ON CONFLICT (ordinal) DO UPDATE SET segment = excluded.segment, place = excluded.place;

-- name: try_merge
-- Become the receiver that merges segments, until the transaction ends.
SELECT pg_try_advisory_xact_lock(hashtextextended(%(key)s, 0));
