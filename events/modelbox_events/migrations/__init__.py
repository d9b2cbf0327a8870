"""Numbered migrations of the log's tables."""
