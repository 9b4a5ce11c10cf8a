-- The search index. An array is the only form that an index over sets of numbers takes.
CREATE TABLE search_entries (
  ordinal bigint PRIMARY KEY REFERENCES executions (ordinal) ON DELETE CASCADE,
  terms integer[] NOT NULL                -- the terms as numbers, see index_numbers.py
);
-- The numbers are hardly compressible.
ALTER TABLE search_entries ALTER COLUMN terms SET STORAGE EXTERNAL;
-- Queries read what is in the list of new entries one by one, so the list is short.
CREATE INDEX search_entries_by_term ON search_entries USING gin (terms) WITH (gin_pending_list_limit = 1024);

CREATE TABLE search_pending (
  ordinal bigint PRIMARY KEY REFERENCES executions (ordinal) ON DELETE CASCADE,
  version bigint NOT NULL,                -- another number after each change
  noted_at bigint NOT NULL                -- the time of the change, seconds since 1970
);

CREATE TABLE search_settings (
  content text COLLATE "C" NOT NULL,      -- what is indexed: full, words, off
  version integer NOT NULL                -- the version of the terms; an index of other terms is built anew
);
INSERT INTO search_settings (content, version) VALUES ('full', 2);

INSERT INTO search_pending (ordinal, version, noted_at) SELECT ordinal, 0, 0 FROM executions;
