"""The commands: rules run against the log. What is decided, created, logged or deleted here is of any kind of object.

Must not know: any kind of object, the wire, the views.
"""
