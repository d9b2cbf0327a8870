"""The connection to the server: calls, tries, tokens, and the translation of gRPC's errors.

Must not know: files, any kind of object.
"""
