"""What is served. Each module or package here exports `methods`, which gives its methods; the server finds them by it.

A new one needs no mention anywhere.
"""
