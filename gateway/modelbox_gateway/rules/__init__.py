"""The rules that requests obey, pure: a file a kind of object, and one for each thing that all kinds have in common.

`decide_…(state, command)` gives the events to append or raises why not, `evolve(state, event)` the state after one.
What a new kind is made by stands in its own file, named as the kind is (`kinds.py` finds it there).

Must not know: the log, the wire, the views, the clock.
"""
