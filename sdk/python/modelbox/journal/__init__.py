"""The journal: what was logged while the server did not answer, on this machine's disk, until it is answered.

Must not know: gRPC, or what a request means. It keeps records in their order and says which were answered.
"""
