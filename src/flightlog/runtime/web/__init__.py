"""Serves workflows over HTTP: requests, runs and answers. Only this package imports FastAPI."""
