-- name: process
-- Read the ledger of a process.
SELECT ranges, received_count, last_number, last_seen FROM processes WHERE id = ?;

-- name: note_process
-- Write the ledger of a process, and a sign of life.
INSERT INTO processes (id, received_count, missing_count, last_number, first_seen, last_seen, ranges)
VALUES (:id, :received, :missing, :last_number, :seen, :seen, :ranges)
ON CONFLICT (id) DO UPDATE SET
  received_count = excluded.received_count, missing_count = excluded.missing_count,
  last_number = excluded.last_number, last_seen = max(last_seen, excluded.last_seen), ranges = excluded.ranges;

-- name: received
-- Count received messages.
SELECT coalesce(sum(received_count), 0) FROM processes;

-- name: missing
-- Count the missing messages of each process that has some.
SELECT missing_count FROM processes WHERE missing_count > 0;

-- name: incomplete
-- List the processes with missing messages, the most recently heard of first.
SELECT id, received_count, missing_count, last_number, last_seen, ranges FROM processes
WHERE missing_count > 0 ORDER BY last_seen DESC, missing_count DESC LIMIT ?;

-- name: processes
-- Read the ledgers of the processes after an id.
SELECT id, last_number, ranges, first_seen, last_seen FROM processes WHERE id > ? ORDER BY id LIMIT ?;

-- name: seen
-- Read when a process was first and last heard of.
SELECT first_seen, last_seen FROM processes WHERE id = ?;

-- name: set_seen
-- Write when a process was first and last heard of.
UPDATE processes SET first_seen = ?, last_seen = ? WHERE id = ?;
