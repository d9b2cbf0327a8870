"""Numbered migrations of the gateway's own table."""
