"""Torture tests of recording: real processes, real faults, and an exact comparison afterwards."""
