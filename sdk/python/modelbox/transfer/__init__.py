"""Files on their way: which ones a caller means, their labels, upload and download.

Must not know: models; only the id of the object that a file belongs to.
"""
