-- Migrate from version 1 to version 2: add the process of an execution, the type of an error, and the ledger.
ALTER TABLE executions ADD COLUMN error_type TEXT;
ALTER TABLE executions ADD COLUMN process_id TEXT;
ALTER TABLE node_executions ADD COLUMN error_type TEXT;

-- The rank of a presumed crash was 2. The rank is now the rank of running, so that the revision decides.
UPDATE executions SET provenance = replace(provenance, ':[2,', ':[1,') WHERE provenance LIKE '%:[2,%';
UPDATE node_executions SET provenance = replace(provenance, ':[2,', ':[1,') WHERE provenance LIKE '%:[2,%';

CREATE TABLE processes (
  id TEXT PRIMARY KEY,
  received_count INTEGER NOT NULL,     -- received messages, each counted once
  missing_count INTEGER NOT NULL,      -- last_number - received_count
  last_number INTEGER NOT NULL,        -- the highest known number; numbers count from 1
  first_seen TEXT NOT NULL,
  last_seen TEXT NOT NULL,
  ranges TEXT NOT NULL                 -- JSON: the numbers received, [[1,50],[52,60]]
);

CREATE INDEX executions_running ON executions (process_id) WHERE status = 'running' AND process_id IS NOT NULL;
CREATE INDEX processes_incomplete ON processes (last_seen, missing_count) WHERE missing_count > 0;
