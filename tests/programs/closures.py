"""Cells, nonlocal, late binding, class scopes."""
def counter():
    n = 0
    def up(by=1):
        nonlocal n
        n += by
        return n
    def get(): return n
    return up, get
up, get = counter()
up(); up(5)
print(get(), up.__closure__[0].cell_contents, up.__code__.co_freevars)
print([f() for f in [lambda: i for i in range(3)]])
print([f() for f in [lambda i=i: i for i in range(3)]])
x = "global"
def outer():
    x = "outer"
    class C:
        y = x
        x = "class"
        def m(self): return x
    return C.y, C.x, C().m()
print(outer())
def unbound():
    if False: z = 1
    try:
        print(z)
    except UnboundLocalError as e:
        print(e)
    def inner(): return w
    try:
        inner()
    except NameError as e:
        print(e)
    w = 1
    del w
    try:
        inner()
    except NameError as e:
        print(e)
unbound()
def make():
    a = 1
    def b():
        c = 2
        def d(): return a, c
        return d
    return b()
print(make()())
