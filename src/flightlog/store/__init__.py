"""Stores for executions: the `ExecutionStore` protocol here, and one store in each subpackage."""
