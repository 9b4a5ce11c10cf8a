-- What the receivers of a history share beside it: tokens, sessions and one-time codes, each by a name that is no secret.
CREATE TABLE shared_documents (
  kind text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  data bytea NOT NULL,                    -- JSON; of secrets it has digests only
  expires_at timestamptz,                 -- NULL: never
  PRIMARY KEY (kind, name)
);

CREATE TABLE audit_lines (
  number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  line bytea NOT NULL                     -- an entry of the audit log, JSON
);
