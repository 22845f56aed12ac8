"""Tests that take too long for the suite: `python -m tests.long`."""
