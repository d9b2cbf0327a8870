"""The kinds of objects, a file each: the object's class, its creation, and how it is looked up.

A kind is found by its file (`registry.py`): what a client does with it is a class of `ClientCalls` there, how it is
read is a `Kind`. Nothing is exported here.
"""
