-- After the editor's rows came in as records: what no record carries, and the end of the old tables.
UPDATE executions SET created_at = replace(seed.created_at, ' ', 'T') || '.000000Z'
FROM seed_executions AS seed
WHERE seed.id = executions.id AND seed.created_at LIKE '____-__-__ __:__:__';

DROP TABLE seed_node_executions;
DROP TABLE seed_executions;
