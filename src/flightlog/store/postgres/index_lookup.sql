-- name: settings
-- Read what the index holds, and the version of its terms.
SELECT content, version FROM search_settings;

-- name: few
-- Find the executions that may match, and those that wait to be indexed; the caller replaces the condition. The planner
-- must not expect that a few rows are found soon by reading all.
WITH found AS MATERIALIZED (SELECT ordinal FROM search_entries WHERE {condition})
SELECT ordinal FROM (SELECT ordinal FROM found UNION SELECT ordinal FROM search_pending) AS candidates LIMIT %s;

-- name: among
-- Find those of some executions that may match or wait to be indexed; the caller replaces the condition.
SELECT ordinal FROM search_entries WHERE ordinal = ANY(%s::bigint[]) AND ({condition})
UNION ALL
SELECT ordinal FROM search_pending WHERE ordinal = ANY(%s::bigint[]);
