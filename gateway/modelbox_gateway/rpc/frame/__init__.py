"""What surrounds every call: who is let in, what it demands, what all methods share, how errors are told.

Must not know: any method.
"""
