"""The journal: what was logged while the server did not answer, on this machine's disk, until it is answered.

Must not know: gRPC, any kind of object.
"""
