"""What specialized attribute accesses make of classes that change afterwards."""

WARM = 20


def warm(function, *args):
    for _ in range(WARM):
        found = function(*args)
    return found


def attempt(function, *args):
    try:
        return function(*args)
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def own_attribute_shadowed_by_data_descriptor():
    class A:
        def __init__(self):
            self.x = "own"

    class B(A):
        pass

    def get(o):
        return o.x

    def put(o, value):
        o.x = value

    a, b = A(), B()
    print(warm(get, a), warm(get, b), warm(put, a, "own"), warm(put, b, "own"))
    B.x = property(lambda self: "property of B")
    print(get(a), get(b), attempt(put, b, 1), attempt(put, a, "own again"), get(a))
    A.x = property(lambda self: "property of A", lambda self, value: print("set", value))
    print(get(a), get(b), put(a, 3), attempt(put, b, 1))
    del B.x
    print(get(a), get(b), put(b, 4))
    del A.x
    print(get(a), get(b))


def methods_and_values_of_bases():
    class A:
        value = "A.value"

        def method(self):
            return "A.method"

    class B(A):
        pass

    class C(B):
        pass

    def get(o):
        return o.value

    def call(o):
        return o.method()

    c = C()
    print(warm(get, c), warm(call, c))
    B.value = "B.value"
    B.method = lambda self: "B.method"
    print(get(c), call(c))
    warm(get, c), warm(call, c)
    C.value = "C.value"
    C.method = lambda self: "C.method"
    print(get(c), call(c))
    warm(get, c), warm(call, c)
    c.value = "own value"
    c.method = lambda: "own method"
    print(get(c), call(c))
    warm(get, c), warm(call, c)
    del C.value, C.method, c.value, c.method
    print(get(c), call(c))
    del B.value, B.method
    print(get(c), call(c))
    del A.value, A.method
    print(attempt(get, c), attempt(call, c))


def other_bases():
    class A:
        value = "A"

        def method(self):
            return "A.method"

    class B:
        value = "B"
        x = property(lambda self: "B.x")

        def method(self):
            return "B.method"

    class C(A):
        def __init__(self):
            self.x = "own x"

    def look(o):
        return o.value, o.method(), o.x

    c = C()
    print(warm(look, c))
    C.__bases__ = (B,)
    print(warm(look, c))
    C.__bases__ = (A, B)
    print(warm(look, c))
    C.__bases__ = (A,)
    print(warm(look, c))


def class_of_an_object_assigned():
    class A:
        x = "A.x"

        def method(self):
            return "A.method"

    class B:
        x = "B.x"

        def method(self):
            return "B.method"

    class D:
        own = property(lambda self: "D.own")
        x = "D.x"

        def method(self):
            return "D.method"

    def look(o):
        return o.x, o.method(), o.own

    a = A()
    a.own = "own"
    print(warm(look, a))
    a.__class__ = B
    print(warm(look, a))
    a.__class__ = D
    print(warm(look, a))
    a.__class__ = A
    print(warm(look, a))


def attribute_hooks_added():
    class A:
        def __init__(self):
            self.x = "own"

    class B(A):
        pass

    def get(o):
        return o.x

    def missing(o):
        return o.missing

    def put(o):
        o.x = "stored"

    def remove(o):
        o.y = 1
        del o.y

    b = B()
    print(warm(get, b), attempt(missing, b))
    for _ in range(WARM):
        attempt(missing, b)
    A.__getattr__ = lambda self, name: f"__getattr__({name!r})"
    print(get(b), missing(b))
    print(warm(get, b), warm(missing, b))
    A.__getattribute__ = lambda self, name: f"__getattribute__({name!r})"
    print(get(b), missing(b))
    print(warm(get, b), warm(missing, b))
    del A.__getattribute__
    print(get(b), missing(b))
    del A.__getattr__
    print(get(b), attempt(missing, b))
    warm(put, b)
    print(get(b))
    A.__setattr__ = lambda self, name, value: print("__setattr__", name, value)
    put(b)
    print(get(b))
    warm(put, b)
    del A.__setattr__
    warm(put, b)
    print(get(b))
    warm(remove, b)
    A.__delattr__ = lambda self, name: print("__delattr__", name)
    remove(b)
    print(sorted(vars(b)))


def descriptors_that_become_data_descriptors():
    class D:
        def __get__(self, o, owner):
            return "got"

    class P:
        pass

    class A:
        d = D()
        p = P()

    def get(o):
        return o.d

    def plain(o):
        return type(o.p).__name__

    def put(o, value):
        o.d = value

    a = A()
    print(warm(get, a), warm(plain, a))
    warm(put, a, "own d")
    print(warm(get, a))
    D.__set__ = lambda self, o, value: print("__set__", value)
    print(get(a))
    put(a, 5)
    warm(get, a), warm(put, a, 6)
    del D.__set__
    print(get(a))
    D.__delete__ = lambda self, o: print("__delete__")
    print(get(a), attempt(put, a, 7))
    warm(get, a)
    P.__get__ = lambda self, o, owner: 3.5
    print(plain(a), get(a))
    a.p = "own p"
    print(warm(plain, a))
    P.__set__ = lambda self, o, value: print("P.__set__", value)
    print(plain(a))
    del P.__get__
    print(plain(a))


def bases_of_descriptors():
    class Base:
        pass

    class D(Base):
        pass

    class A:
        d = D()

    def get(o):
        return o.d if isinstance(o.d, str) else type(o.d).__name__

    a = A()
    a.d = "own"
    print(warm(get, a))
    Base.__get__ = lambda self, o, owner: "Base.__get__"
    Base.__set__ = lambda self, o, value: None
    print(warm(get, a))
    del Base.__get__
    print(warm(get, a))
    del Base.__set__
    print(warm(get, a))

    class Other:
        def __get__(self, o, owner):
            return "Other.__get__"

        def __set__(self, o, value):
            print("Other.__set__", value)

    D.__bases__ = (Other,)
    print(warm(get, a))
    a.d = 1
    print(warm(get, a))


def slots_members():
    class A:
        __slots__ = ("x", "y")

    class B(A):
        __slots__ = ("z",)

    def get(o):
        return o.x

    def put(o, value):
        o.x = value

    b = B()
    warm(put, b, 1)
    print(warm(get, b))
    member = A.x
    A.x = "plain"
    print(get(b), attempt(put, b, 2))
    warm(get, b)
    A.x = member
    print(get(b))
    warm(put, b, 3)
    print(warm(get, b))
    B.x = "of B"
    print(get(b), attempt(put, b, 4))
    del B.x
    print(get(b))
    warm(get, b)
    del A.x
    print(attempt(get, b), attempt(put, b, 2))
    A.x = A.y
    print(attempt(get, b), put(b, 9), b.y, get(b))


def metaclasses():
    class M(type):
        pass

    class N(M):
        pass

    class A(metaclass=N):
        x = "A.x"

        def method(self):
            return "A.method"

        @staticmethod
        def static():
            return "A.static"

    def get():
        return A.x

    def call():
        return A.static()

    print(warm(get), warm(call))
    M.x = "M.x"
    print(get())
    M.x = property(lambda cls: "property of M")
    print(get(), call())
    print(warm(get), warm(call))
    del M.x
    print(warm(get), warm(call))
    M.__getattribute__ = lambda cls, name: f"M.__getattribute__({name!r})" if name == "x" else (lambda: "hooked")
    print(get(), call())
    print(warm(get), warm(call))
    del M.__getattribute__
    print(warm(get), warm(call))
    M.__getattr__ = lambda cls, name: f"M.__getattr__({name!r})"
    print(get(), call())
    del A.x
    print(get(), call())

    class Other(type):
        x = property(lambda cls: "Other.x")

    A.x = "A.x again"
    warm(get)
    A.__class__ = Other
    print(get())


def modules():
    import types

    module = types.ModuleType("module")
    module.x = 1
    module.f = lambda: "f"

    def get():
        return module.x

    def call():
        return module.f()

    print(warm(get), warm(call))
    module.x = 2
    module.f = lambda: "g"
    print(get(), call())
    del module.x
    print(attempt(get), call())
    module.__getattr__ = lambda name: f"module.__getattr__({name!r})"
    print(warm(get), call())
    module.x = 3
    print(warm(get), warm(call))

    class Module(types.ModuleType):
        x = property(lambda self: "property")

        def f(self):
            return "method"

    module.__class__ = Module
    print(warm(get), warm(call))
    del module.f
    print(warm(call))


def reused_names():
    # One access sees many classes in turn, some of which change meanwhile.
    def get(o):
        return o.x

    def make(number):
        class A:
            def __init__(self):
                self.x = number

        return A

    found = []
    for number in range(20):
        a = make(number)()
        found.append(warm(get, a))
        if number % 3 == 0:
            type(a).x = property(lambda self: -number)
            found.append(warm(get, a))
        if number % 5 == 0:
            type(a).__getattribute__ = lambda self, name: name * 2
            found.append(get(a))
    print(found)


own_attribute_shadowed_by_data_descriptor()
methods_and_values_of_bases()
other_bases()
class_of_an_object_assigned()
attribute_hooks_added()
descriptors_that_become_data_descriptors()
bases_of_descriptors()
slots_members()
metaclasses()
modules()
reused_names()
