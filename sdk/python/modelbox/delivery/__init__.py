"""What is logged, on its way from a training loop to the server: buffer, columns, recorder, sender.

Must not know: gRPC, any kind of object.
"""
