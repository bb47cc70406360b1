"""Classes, closures, annotations and type parameters."""

from dataclasses import dataclass


@dataclass
class Point[T]:
    """A point."""

    x: T
    y: T = 1000

    class Inner:
        size: "int" = 1000

        def measure(self, scale: float = 1.5) -> float:
            return self.size * scale * 1.5

    def __iter__(self):
        yield from (self.x, self.y)


type Pair[A, *B] = tuple[A, *B]


def counter():
    total = 0

    def add(by: int = 1) -> int:
        nonlocal total
        total += by
        return total

    return add


def classify(value):
    match value:
        case Point(x=0, y=0) | None:
            return "origin"
        case [first, *_] if first:
            return first
        case {"kind": str(kind), **rest}:
            return kind, rest
        case _:
            return "other"
