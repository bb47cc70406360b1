"""raise from, context, finally, else, notes, re-raise."""
def show(e):
    return f"{type(e).__name__}({e}) cause={e.__cause__!r} context={e.__context__!r} suppress={e.__suppress_context__}"
try:
    try:
        1 / 0
    except ZeroDivisionError as e:
        raise ValueError("v") from e
except ValueError as e:
    print(show(e))
try:
    try:
        {}["k"]
    except KeyError:
        raise TypeError("t")
except TypeError as e:
    print(show(e))
try:
    try:
        {}["k"]
    except KeyError:
        raise TypeError("t") from None
except TypeError as e:
    print(show(e))
def order():
    out = []
    for i in range(3):
        try:
            out.append(f"try{i}")
            if i == 1: continue
            if i == 2: break
        except Exception: pass
        else: out.append(f"else{i}")
        finally: out.append(f"finally{i}")
    return out
print(order())
def ret():
    try:
        return "try"
    finally:
        print("cleanup")
print(ret())
e = ValueError("a", 1)
e.add_note("n1")
print(e.args, e.__notes__, str(e), repr(e))
try:
    try:
        raise KeyError("first")
    except KeyError:
        try:
            raise IndexError("second")
        except IndexError:
            pass
        raise
except KeyError as k:
    print("reraised", k)
try:
    raise
except RuntimeError as r:
    print(r)
for bad in (1, "s", int):
    try:
        raise bad
    except TypeError as t:
        print(t)
class Quiet(Exception):
    def __init__(self, code): self.code = code
    def __str__(self): return f"code {self.code}"
try:
    raise Quiet(3)
except (OSError, Quiet) as q:
    print(q, q.args)
try:
    q
except NameError as n:
    print(n)
print(OSError(2, "No such file", "x.txt"), type(OSError(2, "m")).__name__, OSError(2, "m").errno)
try:
    [].pop()
except LookupError as l:
    print(type(l).__mro__[1].__name__, l, l.__traceback__.tb_lineno)
