"""Conversations read from files of strangers: our own archives, and the data export of claude.ai.

Nothing is ever unpacked under a name that an archive gives. What is read is counted against a limit while it is read,
every value is checked against its type, and pictures are kept by what is in them (RELIABILITY.md, X10).
"""
