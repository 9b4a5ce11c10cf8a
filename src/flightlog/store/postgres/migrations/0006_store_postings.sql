-- The search index as lists of places, which take a sixth of the arrays and their index before.
DROP TABLE search_entries;

-- The executions that were indexed or merged together; each has a place in its segment.
CREATE TABLE search_segments (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  places integer NOT NULL,                -- the number of places
  shift smallint NOT NULL,                -- a term's bucket is its number without so many of the low bits
  bytes bigint NOT NULL                   -- the size of the postings
);

CREATE TABLE search_postings (
  segment bigint NOT NULL,
  bucket integer NOT NULL,
  data bytea NOT NULL,                    -- the bucket's terms with their places, see index_postings.py
  PRIMARY KEY (segment, bucket)
) WITH (autovacuum_vacuum_scale_factor = 0.05);
-- The data is compressed already.
ALTER TABLE search_postings ALTER COLUMN data SET STORAGE EXTERNAL;

-- Without its entry, an execution's place in a segment is dead.
CREATE TABLE search_entries (
  ordinal bigint PRIMARY KEY REFERENCES executions (ordinal) ON DELETE CASCADE,
  segment bigint,                         -- NULL: too large for the index, and always a candidate
  place integer
);
CREATE INDEX search_entries_by_place ON search_entries (segment, place);

DELETE FROM search_pending;
INSERT INTO search_pending (ordinal, version, noted_at)
SELECT ordinal, 0, 0 FROM executions WHERE (SELECT content FROM search_settings) <> 'off';
