"""sys.settrace, sys.setprofile: what the functions are told."""
import sys
log=[]
def tr(frame, event, arg):
    if frame.f_code.co_filename != __file__: return None
    if event == "exception": arg = arg[0].__name__
    if event == "return" and not isinstance(arg,(int,str,list,type(None))): arg = type(arg).__name__
    print("  ", event, frame.f_code.co_name, frame.f_lineno, arg)
    return tr
def trop(frame, event, arg):
    frame.f_trace_opcodes = True
    if event == "opcode": print("  op", frame.f_lasti)
    return trop
def prof(frame, event, arg):
    if frame.f_code.co_filename != __file__: return None
    if event.startswith("c_"): arg = getattr(arg, "__name__", None)
    elif not isinstance(arg,(int,str,list,type(None))): arg = type(arg).__name__
    print("  P", event, frame.f_code.co_name, arg)
m = sys.monitoring
def plain(a, b=2):
    x = a + b
    if x > 3:
        x = len([1, 2])
    else:
        x = 0
    for i in range(2):
        x += i
    while x < 10: x += 5
    return x
def one_line(): return 1
def gen():
    yield 1
    x = yield 2
    return 3
def loop():
    for i in gen(): pass
    g = gen(); next(g); g.send(None)
    try: g.throw(ValueError("z"))
    except ValueError: pass
    return [i for i in range(3)]
def deleg():
    def inner():
        r = yield from gen()
        print("r", r)
    list(inner())
def errors():
    try:
        try:
            1 / 0
        except ZeroDivisionError as e:
            raise KeyError("x")
        finally:
            len("a")
    except KeyError:
        pass
    with open("/dev/null") as f:
        f.read()
    {}["missing"]
class C:
    def __init__(self): self.x = 1
    def m(self, *a, **k): return a
class D(C):
    def __init__(self): super().__init__()
def calls():
    c = C(); D()
    c.m(1); c.m(*[1, 2], **{"k": 1}); C.m(c, k=2)
    int("5"); [].append(1); "a".join(["b"]); sorted([1], key=lambda v: v)
    print(end="")
    try: int("x")
    except ValueError: pass
    try: int(base=3, *["x"])
    except (ValueError, TypeError): pass
class It:
    def __init__(self): self.n = 0
    def __iter__(self): return self
    def __next__(self):
        self.n += 1
        if self.n > 2: raise StopIteration
        return self.n
def iters():
    for x in It(): pass
    for a, b in [(1, 2), (3, 4)]:
        if a == 3: break
    else: print("no")
    for x in []:
        pass
    y = 1 if x else 2
    z = x and y or 3
    x = None
    if x is None: pass
    if x is not None: pass
    return y
def compr():
    try:
        return [1 / v for v in (1, 0)]
    except ZeroDivisionError:
        pass
async def co():
    async def agen():
        yield 1
        yield 2
    async for v in agen():
        if v: continue
    return [v async for v in agen()]
def drive():
    try: co().send(None)
    except StopIteration: pass
def multi():
    x = (1 +
         2)
    f = [
        len("a"),
        len("b"),
    ]
    print(*f,
          end="\n",
          )
    try:
        pass
    finally:
        x = 1
    match x:
        case 0: pass
        case 1:
            y = 2
        case _:
            y = 3
    while True:
        x += 1
        if x > 3: break
        continue
    assert x, "m"
for n in "plain one_line loop deleg errors calls iters compr drive multi".split():
    f = globals()[n]; args = (1,) if n == "plain" else ()
    for kind in ("settrace","setprofile"):
        print(kind, n)
        getattr(sys, kind)(tr if kind == "settrace" else prof)
        try: f(*args)
        except Exception as e: pass
        finally:
            getattr(sys, kind)(None)
print("opcodes")
sys.settrace(trop); plain(1); sys.settrace(None)
def bad(frame, event, arg):
    if event == "line": raise ValueError("bad")
    return bad
def h():
    x = 1
    return x
sys.settrace(bad)
try: h()
except ValueError as e: print(sys.gettrace(), e)
print(sys.gettrace())
