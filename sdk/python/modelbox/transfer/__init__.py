"""Files on their way: which ones a caller means, their labels, upload and download.

Must not know: any kind of object.
"""
