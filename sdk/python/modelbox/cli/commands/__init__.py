"""The commands of `modelbox`, a file each, of `modelbox client` in a folder below.

A command is found by its file's name, and imported when it is used: `COMMAND` is what a file exports.
"""
