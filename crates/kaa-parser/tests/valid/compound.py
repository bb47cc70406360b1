@a.b
@(c := d)
async def f[T](a, /, b: int = 1, *args: *Ts, c, d=2, **kw) -> int:
    async with a as b, c:
        async for x, in y: await z
        else: pass
    return

class A[T](B, *C, metaclass=D, **E): x = 1

if a: b
elif c:
    d
elif e: f
else:
    g
while (x := a): b
else: c
for a, *b in c, *d: pass
try:
    pass
except A: b
except (A, B) as c: d
except A, B: e
except: f
else: g
finally: h
try: pass
except* A as b: pass
except* B, C: pass
with (open(a) as b, c as (d, e),): pass
with (a), (b): pass
with (yield): pass
with a as b.c, d as e[0]: pass
def f(): # comment
	# another
	if x:
		return \
  1
