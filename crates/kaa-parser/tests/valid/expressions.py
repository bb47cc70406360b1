a if b else c if d else lambda: e
lambda a, /, b=1, *c, d, e=2, **f: (yield)
not not a or b and c is not d not in e < f != g
-a ** -b ** c @ ~d // e % f << g | h ^ i & j
(a), b = (a).b, [*c, *d]
(x := 1)
a[b:=1, c:, :d:e, *f, ...]
a[1:2](b, *c, d=1, **e)(x for x in y).z
{**a, "b": 1, c: d}, {*a, b}, {}, ()
[x async for x, *y in z if a if b for c in d]
{k: v for k, v in e}, {s for s in t}, (await g for h in i)
0xFF, 0o17, 0b11, 1_000, 1e3, .5, 2J, 99999999999999999999999999
None, True, False, ...
