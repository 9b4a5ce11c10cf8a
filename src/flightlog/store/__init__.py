"""Stores for executions: the protocols here, and one store in each subpackage."""
