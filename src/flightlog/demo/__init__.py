"""
The demonstration: workflows that record themselves, and the process in which they run.

`flightlog.demo.workflows` is an ordinary program with two decorated workflows.
`flightlog.demo.runs` starts this program and waits for its records.
"""
