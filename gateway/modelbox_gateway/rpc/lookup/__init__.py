"""Objects in the views: a page of those that are sought, the one that is named, and what is said where there is none.

Must not know: any method.
"""
