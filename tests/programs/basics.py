def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


print(fib(15))


class A:
    def __init__(self, x):
        self.x = x

    def get(self):
        return self.x * 2

    def __repr__(self):
        return f"A({self.x!r})"


class B(A):
    def get(self):
        return super().get() + 1


a = A(3)
print(a, a.get(), [a, a], {"k": a, 1: (2.5, None)}, {3, 1, 2})
print(B(10).get(), isinstance(B(1), A), B.__mro__)


def squares(n):
    for i in range(n):
        yield i * i


print(list(squares(5)), sum(squares(10)), sorted([3, 1, 2], reverse=True), max(3, 4), min([5, 2]))
try:
    1 / 0
except ZeroDivisionError as e:
    print("caught", e, type(e))
try:
    a.nope
except AttributeError as e:
    print(e)
print([i * j for i in range(3) for j in range(3) if i != j], {k: v for k, v in zip("abc", range(3))})
print(2**100, 7 // 2, -7 // 2, -7 % 3, 1e100, 0.1 + 0.2, 3 + 4j)


def f(*args, **kw):
    return args, kw


print(f(1, 2, a=3), [*range(3), *"ab"])
match [1, 2, 3]:
    case [1, *rest]:
        print("rest", rest)
print("%s-%d" % ("a", 5))
import enum


class Color(enum.Enum):
    RED = 1
    BLUE = 2


print(list(Color), Color(2), Color["RED"].value)
