"""The connection to the server: calls, tries, tokens, and the translation of gRPC's errors.

Must not know: models, metrics or files; only messages.
"""
