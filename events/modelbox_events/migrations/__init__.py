"""Numbered migrations of the log's tables.

Each leaves working what processes of earlier versions call meanwhile. The functions in 0001 to 0011 are those of then;
today's are in `functions/`, which comes after.
"""
