"""Says what the operating system refused, in a line for whoever typed the command."""

from __future__ import annotations


def sentence_of(error: OSError) -> str:
    """The file and the reason. A failed write does not know its file: then where to look is said."""
    reason = error.strerror or str(error)
    if error.filename is not None:
        return f"{error.filename}: {reason}"
    if error.errno is None:
        return reason
    return f"{reason}; `workouts doctor` looks at the folders and their disks"
