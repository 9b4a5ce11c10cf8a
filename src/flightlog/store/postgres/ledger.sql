-- name: make
-- Insert empty ledgers of unknown processes, in the order of their ids.
INSERT INTO processes (id, received_count, missing_count, last_number, first_seen, last_seen, ranges)
SELECT id, 0, 0, 0, seen, seen, '[]' FROM unnest(%(ids)s::text[], %(seen)s::text[]) AS processes (id, seen)
ON CONFLICT DO NOTHING;

-- name: lock
-- Read and lock the ledgers of processes, in the order of their ids.
SELECT id, ranges, received_count, last_number, first_seen, last_seen FROM processes
WHERE id = ANY(%(ids)s) ORDER BY id FOR NO KEY UPDATE;

-- name: write
-- Write the ledger of a process.
UPDATE processes SET
  received_count = %(received)s, missing_count = %(missing)s, last_number = %(last_number)s,
  first_seen = %(first)s, last_seen = %(last)s, ranges = %(ranges)s
WHERE id = %(id)s;

-- name: newest
-- Read the highest known number of a process, and its last sign of life.
SELECT last_number, last_seen FROM processes WHERE id = %(id)s;

-- name: sums
-- Count received and missing messages.
SELECT coalesce(sum(received_count), 0), coalesce(sum(missing_count), 0) FROM processes;

-- name: incomplete
-- List the processes with missing messages, the most recently heard of first.
SELECT id, received_count, missing_count, last_number, last_seen, ranges FROM processes
WHERE missing_count > 0 ORDER BY last_seen DESC, missing_count DESC LIMIT %(limit)s;

-- name: processes
-- Read the ledgers of the processes after an id.
SELECT id, last_number, ranges, first_seen, last_seen FROM processes
WHERE id > %(after)s ORDER BY id LIMIT %(limit)s;
