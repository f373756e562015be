"""The frame of a cassette: what stands before and behind its interactions."""

MARK = "# Recorded by pytest-samurai, in vcrpy's format. Bodies may be edited by hand."
"""The first line of a file in our own layout, where all but the bodies is under a seal."""

HEAD = f"{MARK}\ninteractions:\n"
HEAD_OF_NONE = f"{MARK}\ninteractions: []\n"
TAIL = b"version: 1\n"
