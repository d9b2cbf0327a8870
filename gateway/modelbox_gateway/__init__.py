"""The doors: gRPC, HTTP, uploaded bytes, and the server process.

Must not know: how events are stored (events) or folded (projections).
"""
