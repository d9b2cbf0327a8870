"""What the SDK reads of its surroundings: the source of a run, hyperparameters, datasets, the machine's load.

Each module works alone and imports no framework: an object of one is told by its shape, and a library is used only
where the object shows that it is loaded.

Must not know: the server.
"""
