"""Where executions are kept: the `ExecutionStore` protocol and, in its folders, the stores."""
