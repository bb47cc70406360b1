"""A thread forks: the others stay behind, and count as ended."""

import os
import sys
import threading
import warnings

warnings.simplefilter("ignore")
def joiningfunc(mainthread):
    mainthread.join(); print('end of thread', flush=True)
main_thread = threading.current_thread()
def worker():
    childpid = os.fork()
    if childpid != 0:
        os.waitpid(childpid, 0); sys.exit(0)
    t = threading.Thread(target=joiningfunc, args=(main_thread,))
    print('end of main', flush=True)
    t.start(); t.join()
w = threading.Thread(target=worker); w.start()
