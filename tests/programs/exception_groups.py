"""except*, split, subgroup, derive."""
g = ExceptionGroup("top", [ValueError(1), ExceptionGroup("in", [TypeError(2), ValueError(3)]), KeyError(4)])
try:
    try:
        raise g
    except* ValueError as e:
        print("values", e.exceptions)
    except* TypeError as e:
        print("types", repr(e))
except ExceptionGroup as rest:
    print("rest", repr(rest))
m, r = g.split(ValueError)
print(m, m.exceptions, "|", r, r.exceptions)
print(g.subgroup(lambda e: isinstance(e, KeyError)), g.subgroup(OSError))
try:
    raise ValueError("plain")
except* ValueError as e:
    print(repr(e))
try:
    try:
        raise ExceptionGroup("a", [ValueError(1)])
    except* ValueError:
        raise TypeError("new")
except TypeError as e:
    print(repr(e), repr(e.__context__))
class MyGroup(ExceptionGroup):
    def derive(self, excs): return MyGroup(self.message, excs)
print(type(MyGroup("m", [ValueError(), KeyError()]).split(KeyError)[0]).__name__)
for args in (("x", []), ("x", [1]), (1, [ValueError()]), ("x", ValueError())):
    try:
        ExceptionGroup(*args)
    except (TypeError, ValueError) as e:
        print(type(e).__name__, e)
try:
    ExceptionGroup("x", [KeyboardInterrupt()])
except TypeError as e:
    print(e)
print(repr(BaseExceptionGroup("x", [KeyboardInterrupt()])), type(BaseExceptionGroup("x", [ValueError()])).__name__)
