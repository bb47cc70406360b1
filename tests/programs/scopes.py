"""global, nonlocal, exec, eval, locals, del, builtins shadowed."""
g = 1
def change():
    global g, made
    g += 1
    made = "here"
change()
print(g, made)
ns = {}
exec("a = 1\ndef f(): return a + 1\nb = f()", ns)
print(ns["b"], sorted(k for k in ns if not k.startswith("__")))
print(eval("x + y", {"x": 1}, {"y": 2}), eval("[x for x in range(n)]", {"n": 3}))
def loc(a, b=2):
    c = a + b
    return locals()
print(loc(1))
def snapshot():
    x = 1
    l = locals()
    l["x"] = 99
    l["new"] = 1
    return x, sorted(l), "new" in locals()
print(snapshot())
def shadow():
    len = lambda x: "shadowed"
    return len([1])
print(shadow(), len([1]))
del g
try:
    g
except NameError as e:
    print(e)
class K:
    a = 1
    print(sorted(k for k in locals() if not k.startswith("__")))
    b = [a for _ in "x"] if False else a
    del a
print(hasattr(K, "a"), K.b)
code = compile("1 + 2", "<s>", "eval")
print(eval(code), code.co_filename, code.co_name, code.co_consts)
for bad in ("1 +", "x = ", "def", "a b", "(1", "'abc", "1 = 2", "f() = 1", "return 1", "yield", "break", "*a", "lambda: (yield)", "x := 1", "import", "del f()", "nonlocal q", "a, b += 1", "if x = 1: pass", "print 1", "{1:2, 3}", "f(a=1, 2)", "f(**a, *b)", "def f(a, a): pass", "def f(a=1, b): pass", "for x in range(3) pass", "class C\n pass", "async def f(): yield from x", "0777", "1__0", "'\\N{foo}'", "else: pass", "try: pass", "  x", "with a as 1: pass", "None = 1", "f'{'", "f'{a b}'", "@", "match x:\n  case a | b: pass"):
    try:
        exec(bad)
        print(bad, "fine")
    except SyntaxError as e:
        print(repr(bad), type(e).__name__, e.msg, e.lineno, e.offset, e.end_lineno, e.end_offset)
    except NameError as e:
        print(repr(bad), e)
