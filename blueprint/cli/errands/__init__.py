"""Programs that pods of the cluster run, mostly on people's data, each a file of its own, with Python's library alone.

Each reads its argument as JSON from the command line, and prints what it found, or did, as JSON on its last line. Each
can be run again after it was interrupted, and goes on; none follows a symbolic link, or overwrites anything.
"""
