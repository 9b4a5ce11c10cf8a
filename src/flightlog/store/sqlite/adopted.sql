-- Run after the editor's rows were stored as records: copy the column that no record has, and drop the old tables.
UPDATE executions SET created_at = replace(seed.created_at, ' ', 'T') || '.000000Z'
FROM seed_executions AS seed
WHERE seed.id = executions.id AND seed.created_at LIKE '____-__-__ __:__:__';

DROP TABLE seed_node_executions;
DROP TABLE seed_executions;
