-- name: list
-- Read the documents of some kinds that are still valid.
SELECT kind, name, data FROM shared_documents
WHERE kind = ANY(%(kinds)s::text[]) AND (expires_at IS NULL OR expires_at > %(now)s);

-- name: add
-- Add a document.
INSERT INTO shared_documents (kind, name, data, expires_at)
VALUES (%(kind)s, %(name)s, %(data)s, %(expires_at)s) ON CONFLICT DO NOTHING RETURNING 1;

-- name: forget
-- Delete documents whose time has been over for a day.
DELETE FROM shared_documents WHERE kind = %(kind)s AND expires_at < %(now)s - interval '1 day';

-- name: replace
-- Replace a document that nobody has changed.
UPDATE shared_documents SET data = %(new)s
WHERE kind = %(kind)s AND name = %(name)s AND data = %(old)s RETURNING 1;

-- name: delete
-- Delete a document.
DELETE FROM shared_documents WHERE kind = %(kind)s AND name = %(name)s RETURNING 1;

-- name: append_audit
-- Append lines to the audit log.
INSERT INTO audit_lines (line) SELECT * FROM unnest(%(lines)s::bytea[]);

-- name: bound_audit
-- Delete the oldest lines of the audit log.
DELETE FROM audit_lines WHERE number <= (SELECT max(number) FROM audit_lines) - %(kept)s;

-- name: read_audit
-- Read the newest lines of the audit log.
SELECT line FROM audit_lines ORDER BY number DESC LIMIT %(limit)s;
