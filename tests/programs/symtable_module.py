# Symbol tables of sources.
import _symtable


def show(table, depth=0):
    print(" " * depth, table.name, table.type, table.lineno, table.nested, table.symbols, table.varnames)
    for child in table.children:
        show(child, depth + 2)


for source in ["def f[T](x, *a, k=1):\n  global g\n  y=x; z=[i for i in y]\n  class A: b=x\n  return lambda: z\nclass C[T]: x:int\ntype X=int\n",
               "x:int=3\nimport a.b as c, d\ndef f():\n nonlocal_=1\n def g(): nonlocal nonlocal_; __class__\n",
               "class A:\n  __x=1\n  def f(self): super(); self.__x; return [__y for __y in (a for a in b)]\n",
               "def f[T:int=str,**P=[T]](x:T)->P: return [x for _ in P]", "async def f(): [x async for x in y]; await z"]:
    show(_symtable.symtable(source, "f", "exec"))
for arguments in (("a", "f", "x"), ("a b", "f", "exec"), (1, "f", "exec"), ("a", 1, "exec"), ("def f(a,a): pass", "f", "exec"),
                  ("a", "f", "eval"), (b"a", "f", "single")):
    try:
        print(_symtable.symtable(*arguments).name)
    except Exception as error:
        print(type(error).__name__, error)
