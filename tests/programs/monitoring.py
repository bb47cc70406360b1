"""sys.monitoring: what tools are told of, and in which order."""
import sys
m = sys.monitoring
E = m.events
log = []
names = {v: k for k, v in vars(E).items()}
def rec(name):
    def cb(code, *args):
        if code.co_filename != __file__: return m.DISABLE if name not in ("C_RETURN","C_RAISE","RAISE","PY_UNWIND","PY_THROW","RERAISE","EXCEPTION_HANDLED") else None
        out = []
        for a in args:
            if isinstance(a, BaseException): a = repr(a)
            elif a is m.MISSING: a = "MISSING"
            elif callable(a): a = getattr(a, "__qualname__", repr(type(a)))
            elif isinstance(a, (int, str, tuple, type(None))): a = repr(a)
            else: a = type(a).__name__
            out.append(a)
        log.append((name, code.co_name, *out))
    return cb
def run(f, events, *args):
    log.clear()
    m.use_tool_id(2, "t")
    for e in events: m.register_callback(2, getattr(E, e), rec(e))
    s = 0
    for e in events: s |= getattr(E, e)
    m.set_events(2, s)
    try:
        f(*args)
    except Exception as e:
        pass
    m.set_events(2, 0)
    m.free_tool_id(2)
    print(f.__name__, events if len(events) < 5 else "all")
    for l in log: print("  ", *l)

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
ALL = [e for e in vars(E) if e not in ("NO_EVENTS", "BRANCH", "INSTRUCTION")]
for f in (plain, one_line, loop, deleg, errors, calls, iters, compr, drive, multi):
    args = (1,) if f is plain else ()
    run(f, ["LINE", "PY_START"], *args)
    # At the end of a step of `async for`, CPython names another place when it watches lines, too.
    run(f, [e for e in ALL if f is not drive or e != "LINE"], *args)
run(plain, ["INSTRUCTION"], 1)
run(loop, ["BRANCH"])

def attempt(function, *args):
    try:
        print(function.__name__, args, function(*args))
    except Exception as e:
        print(function.__name__, args, type(e).__name__, e)
for args in ((6, "x"), (-1, "x"), (2, 1), (3, "three"), (3, "again")):
    attempt(m.use_tool_id, *args)
print(m.get_tool(3), m.get_tool(4))
for event in (3, 0, -1, 1 << 18, 1 << 19, 1 << 40):
    attempt(m.register_callback, 3, event, None)
for events in (1 << 19, 1 << 16, -1, 1 << 16 | 1 << 17 | 16, 1 << 15, 1 << 18):
    attempt(m.set_events, 3, events)
    print(m.get_events(3), m._all_events())
m.set_events(3, 0)
for events in (1 << 19, 1 << 16, -1, 1 << 16 | 1 << 17 | 16, 1 << 15, 1 << 11, 1 << 10):
    attempt(lambda *a: m.set_local_events(3, plain.__code__, *a), events)
    print(m.get_local_events(3, plain.__code__))
attempt(m.set_events, 1, 1)
attempt(m.get_local_events, 3, 5)
m.clear_tool_id(3)
print(m.get_tool(3))

# A place that is disabled is not told again, until everything is.
count = 0
def once(code, line):
    global count
    count += 1
    return m.DISABLE
m.register_callback(3, E.LINE, once)
m.set_local_events(3, plain.__code__, E.LINE)
plain(1); print(count)
plain(1); print(count)
m.restart_events()
plain(1); print(count)
m.set_local_events(3, plain.__code__, 0)
plain(1); print(count)
m.register_callback(3, E.RAISE, lambda *args: m.DISABLE)
m.set_events(3, E.RAISE)
try:
    int("x")
except ValueError as e:
    print(e)
m.free_tool_id(3)
print(m.get_tool(3), m._all_events())
