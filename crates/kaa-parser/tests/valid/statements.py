x: int
(x): int = 1
a.b: c = yield
a = *b, c = d
a, *b = c
x += 1; y **= yield 2; z @= 3
del a, b[1], (c.d, [e])
assert a, b
raise
raise A from b
import a.b.c as d, e
from . import (x as y, z,)
from ...a.b import *
from __future__ import annotations
global x, y
return
pass; break; continue
nonlocal z
type X[T: (int, str) = int, *Ts = *a, **P = b] = T
print
type = match = case = _ = 1
type.x; match(x); match[x]: y
