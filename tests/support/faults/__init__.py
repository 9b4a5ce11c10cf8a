"""Tortures recording: real workflow and receiver processes, real faults, and a strict comparison."""
