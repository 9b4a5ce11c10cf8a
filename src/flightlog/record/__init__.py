"""The record of an execution: its types, its JSON, and the merge of records."""
