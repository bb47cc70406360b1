"""Generators: send, throw, close, yield from, expressions."""
def echo():
    try:
        while True:
            got = yield "ready"
            print("got", got)
    except ValueError as e:
        print("caught", e)
        yield "after"
    finally:
        print("finally")
g = echo()
print(next(g), g.send(1), g.throw(ValueError("v")))
print(next(g, "end"))
g = echo(); next(g); g.close()
def sub():
    x = yield 1
    print("sub", x)
    return "result"
def outer():
    r = yield from sub()
    print("outer", r)
    yield from [10, 20]
    return 99
o = outer()
print(next(o), o.send("hello"), next(o))
try:
    next(o)
except StopIteration as e:
    print("value", e.value)
def bad():
    raise StopIteration("x")
    yield
try:
    next(bad())
except RuntimeError as e:
    print(e, repr(e.__cause__))
def fib():
    a, b = 0, 1
    while True:
        yield a
        a, b = b, a + b
f = fib()
print([next(f) for _ in range(15)])
print(sum(x * x for x in range(10) if x % 2), list((i, j) for i in range(2) for j in "ab"))
def noisy():
    try:
        yield 1
    finally:
        yield 2
n = noisy(); next(n)
try:
    n.close()
except RuntimeError as e:
    print(e)
r = (x for x in [1])
print(next(r), next(r, None), r.gi_frame, r.gi_running)
def rec():
    yield next(it)
it = rec()
try:
    next(it)
except ValueError as e:
    print(e)
