"""From recordings to a report: the same street on a virtual clock, watched from outside.

What it keeps are numbers of the room and of the windows that the gate closed; it never sees a
picture, a sound or a signal, and writes down nothing of a single viewer among several.
"""
