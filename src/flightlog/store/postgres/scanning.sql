-- name: payloads
-- Read payloads in the order of their ids in the list, the first one and then a limited number of bytes.
SELECT id, data
FROM (
  SELECT payloads.id, payloads.data, place, sum(size) OVER (ORDER BY place) AS total
  FROM unnest(%(ids)s::bigint[]) WITH ORDINALITY AS wanted (id, place)
  JOIN payloads ON payloads.id = wanted.id
) AS ordered
WHERE place = 1 OR total <= %(most)s;
