-- Migrate from version 5 to version 6: add the search index, because a query of payloads otherwise reads every payload.
-- Every execution waits to be indexed, and is scanned until then.
CREATE VIRTUAL TABLE search_words USING fts5(
  text, content='', contentless_delete=1, detail=none, tokenize='ascii'
);
CREATE VIRTUAL TABLE search_parts USING fts5(
  text, content='', contentless_delete=1, detail=none, tokenize='trigram case_sensitive 1'
);
INSERT INTO search_words (search_words, rank)
VALUES ('automerge', 0), ('usermerge', 8), ('crisismerge', 1999), ('deletemerge', 5);
INSERT INTO search_parts (search_parts, rank)
VALUES ('automerge', 0), ('usermerge', 8), ('crisismerge', 1999), ('deletemerge', 5);

CREATE TABLE search_pending (
  ordinal INTEGER PRIMARY KEY,         -- the execution, or an execution that was deleted
  version INTEGER NOT NULL,            -- another number after each change
  noted_at INTEGER NOT NULL            -- the time of the change, seconds since 1970
);

CREATE TABLE search_settings (
  content TEXT NOT NULL,               -- what is indexed: full, words, off
  version INTEGER NOT NULL             -- the version of the terms; an index of other terms is built anew
);
INSERT INTO search_settings (content, version) VALUES ('full', 1);

CREATE TRIGGER executions_unindex AFTER DELETE ON executions
BEGIN
  INSERT INTO search_pending (ordinal, version, noted_at) VALUES (OLD.ordinal, random(), 0)
  ON CONFLICT (ordinal) DO UPDATE SET version = excluded.version, noted_at = excluded.noted_at;
END;

INSERT INTO search_pending (ordinal, version, noted_at) SELECT ordinal, random(), 0 FROM executions;
