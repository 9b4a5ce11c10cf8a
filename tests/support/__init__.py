"""Tools that several test modules use: records, strategies, child processes."""
