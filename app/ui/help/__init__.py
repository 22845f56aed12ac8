"""Help: what Claude can and cannot see, and what to try where a reading looks wrong."""
