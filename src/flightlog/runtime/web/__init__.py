"""Workflows over HTTP: requests in, runs, answers out. The only room that knows FastAPI."""
