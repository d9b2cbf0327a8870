"""Metric points on their way from a training loop to the server: buffer, columns, sender.

Must not know: gRPC. What sends a batch is handed in.
"""
