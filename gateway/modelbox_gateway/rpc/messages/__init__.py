"""Between values and messages: what requests say, and what answers show.

Must not know: any method.
"""
