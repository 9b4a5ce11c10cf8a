"""The record of an execution: its types, its JSON, and how records merge."""
