"""The doors: gRPC, HTTP, uploaded bytes, and the server process."""
