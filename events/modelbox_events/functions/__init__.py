"""The log's functions in the database, one a file, each applied again where its text changed: see `migrate`.

Processes of earlier versions call them too, while an upgrade goes on: a function whose arguments or results change gets
a new name, and the old one stays.

What functions and this package say to each other in numbers has a name on both sides: here as a constant, or beside it.
"""
