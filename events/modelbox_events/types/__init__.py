"""The change events: a file a kind of object, and one for each thing that happens to objects of every kind.

The registry finds them here: a new file needs no mention anywhere.
"""
