"""The command line: `modelbox client …`, and the groups of commands that other packages add.

Must not know: the wire.
"""
