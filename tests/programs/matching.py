"""match: every kind of pattern."""
class Point:
    __match_args__ = ("x", "y")
    def __init__(self, x, y): self.x, self.y = x, y
class Color: RED = 1; BLUE = 2
def kind(v):
    match v:
        case 0 | 1: return "small"
        case -1.5: return "neg"
        case Color.BLUE: return "blue"
        case True: return "never"
        case "a" "b": return "text"
        case b"x": return "bytes"
        case None: return "none"
        case int(n) if n > 100: return f"big {n}"
        case int() | float(): return "number"
        case str(s): return f"str {s}"
        case []: return "empty"
        case [x]: return f"one {x}"
        case [1, *rest]: return f"rest {rest}"
        case (a, b, *_) if a == b: return "pair"
        case [*_, last]: return f"last {last}"
        case {"k": [p, q], **more}: return f"map {p} {q} {more}"
        case {}: return "mapping"
        case Point(0, y=yy): return f"on axis {yy}"
        case Point(x=xx) as whole: return f"point {xx} {whole.y}"
        case _: return "other"
for v in (0, 1, True, -1.5, 2, "ab", b"x", None, 500, 50, 2.5, "zz", [], [7], [1, 2, 3], (4, 4, 4), [5, 6], {"k": (1, 2), "j": 3}, {}, {"k": 1}, Point(0, 2), Point(3, 4), object, {1}, range(3), 1 + 2j):
    print(kind(v))
match [1, [2, {"a": Point(1, [3])}]]:
    case [one, [two, {"a": Point(y=[three])}]]:
        print(one, two, three)
match 5:
    case x: print("captured", x)
try:
    match Point(1, 2):
        case Point(1, 2, 3): pass
except TypeError as e:
    print(e)
try:
    match 3:
        case int(1, 2): pass
except TypeError as e:
    print(e)
match = 3
case = 4
print(match + case)
