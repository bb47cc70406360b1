import sys
def h(*a): raise RuntimeError("in hook")
sys.excepthook = h
[x for x in 1]
