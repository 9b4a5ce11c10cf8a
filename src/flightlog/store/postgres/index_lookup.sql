-- name: settings
-- Read what the index holds, and the version of its terms.
SELECT content, version FROM search_settings;

-- name: segments
-- List the segments.
SELECT id FROM search_segments;

-- name: postings
-- Read the buckets of terms in segments. The limit lets the planner only use the index.
SELECT s.id, wanted.term, found.data
FROM search_segments AS s
CROSS JOIN unnest(%(terms)s::integer[]) AS wanted (term)
CROSS JOIN LATERAL (
  SELECT data FROM search_postings WHERE segment = s.id AND bucket = wanted.term >> s.shift LIMIT 1
) AS found
WHERE s.id = ANY(%(segments)s::bigint[]);

-- name: few
-- Find the executions at places of segments, those that are always candidates, and those that wait to be indexed.
SELECT ordinal FROM (
  SELECT entry.ordinal
  FROM unnest(%(segments)s::bigint[], %(places)s::integer[]) AS found (segment, place)
  JOIN search_entries AS entry ON entry.segment = found.segment AND entry.place = found.place
  UNION SELECT ordinal FROM search_entries WHERE segment IS NULL
  UNION SELECT ordinal FROM search_pending
) AS candidates LIMIT %(most)s;

-- name: entries
-- Find the places of some executions.
SELECT ordinal, segment, place FROM search_entries WHERE ordinal = ANY(%(ordinals)s::bigint[]);

-- name: pending
-- Find those of some executions that wait to be indexed.
SELECT ordinal FROM search_pending WHERE ordinal = ANY(%(ordinals)s::bigint[]);
