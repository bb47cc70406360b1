"""Times as arguments of functions that wait."""

import select
import threading
import time


class Index:
    def __index__(self):
        return 0


for wait in (Index(), 0, 0.0, True, -1, -1.5, 10**30, -(10**30), 1e300, float("nan"), float("inf"), None, "1"):
    for call in (
        lambda: time.sleep(wait if wait is not True else 0),
        lambda: select.select([], [], [], wait if wait is not None and wait is not True else 0),
        lambda: threading.Lock().acquire(timeout=wait),
    ):
        try:
            print(repr(wait)[:10] if not isinstance(wait, Index) else "index", call())
        except Exception as error:
            print(type(error).__name__, error)
