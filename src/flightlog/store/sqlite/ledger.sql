-- name: process
-- What is known of a process.
SELECT ranges, received_count, last_number FROM processes WHERE id = ?;

-- name: note_process
-- What is now known of a process.
INSERT INTO processes (id, received_count, missing_count, last_number, first_seen, last_seen, ranges)
VALUES (:id, :received, :missing, :last_number, :now, :now, :ranges)
ON CONFLICT (id) DO UPDATE SET
  received_count = excluded.received_count, missing_count = excluded.missing_count,
  last_number = excluded.last_number, last_seen = excluded.last_seen, ranges = excluded.ranges;

-- name: received
-- Messages that are here.
SELECT coalesce(sum(received_count), 0) FROM processes;

-- name: missing
-- How many messages each process misses, of those that miss some.
SELECT missing_count FROM processes WHERE missing_count > 0;

-- name: incomplete
-- The processes that miss messages, lately heard of first.
SELECT id, received_count, missing_count, last_number, last_seen, ranges FROM processes
WHERE missing_count > 0 ORDER BY last_seen DESC, missing_count DESC LIMIT ?;
