"""Numbered migrations of the projections' own tables.

Views are not migrated: the code version of their projection rises, and they are rebuilt.
"""
