"""Tortures recording: real processes, real faults, and a strict comparison afterwards."""
