"""
One recogniser for each syntax in which names and values are written.

Each says where values stand, with a table of examples; none decides whether a value is secret.
"""
