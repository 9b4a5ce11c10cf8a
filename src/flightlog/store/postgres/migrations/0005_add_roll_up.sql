-- The counts of single connections, which are rolled up in slot -1 when their hour is over.
CREATE INDEX execution_aggregates_of_slots ON execution_aggregates (hour) WHERE slot >= 0;
CREATE INDEX node_aggregates_of_slots ON node_aggregates (hour) WHERE slot >= 0;
