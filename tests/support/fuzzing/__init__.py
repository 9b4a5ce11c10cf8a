"""A fuzzer that keeps the inputs that reach new lines, and mutates them further."""
