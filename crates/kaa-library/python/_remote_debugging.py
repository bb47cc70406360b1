"""Looking into other processes: the names that the library imports."""

from collections import namedtuple

FrameInfo = namedtuple("FrameInfo", ["filename", "lineno", "funcname"])


class RemoteUnwinder:
    """Reads the stacks of another process, which Kaa cannot do."""

    def __init__(self, pid, *, all_threads=False, only_active_thread=False, debug=False):
        raise NotImplementedError("_remote_debugging: the memory of other processes cannot be read")
