-- The tokens of models' calls, found when an execution is stored.
CREATE TABLE model_calls (
  ordinal bigint NOT NULL REFERENCES executions (ordinal) ON DELETE CASCADE,
  place integer NOT NULL,                 -- the order of the calls in their execution, from 0
  model text COLLATE "C",                 -- NULL: unknown
  input_tokens bigint,                    -- NULL: unknown
  cached_tokens bigint,
  output_tokens bigint,
  PRIMARY KEY (ordinal, place)
);
