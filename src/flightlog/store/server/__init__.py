"""
Parts that the stores on database servers share: filters and queries as SQL, and scans.

`source` declares what a store hands in: its statements, its dialect and its payloads.
"""
