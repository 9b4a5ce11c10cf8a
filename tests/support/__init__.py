"""What several test modules build on: records, strategies, child processes."""
