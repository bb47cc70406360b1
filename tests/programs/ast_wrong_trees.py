# Trees that programs build: nodes that are wrong, copies, what the classes say of themselves.
import ast
import copy
import pickle
import warnings

warnings.simplefilter("ignore")

for cls in (ast.AST, ast.expr, ast.Name, ast.Load, ast.AugLoad, ast.arguments, ast.type_param, ast.AnnAssign):
    print(cls.__name__, cls._fields, cls._attributes, getattr(cls, "_field_types", None))

node = ast.AnnAssign(1, 2, 3, 4, lineno=5)
print(node.__reduce__())
del node.value
print(node.__reduce__())
del node.target
print(node.__reduce__(), sorted(vars(copy.copy(node))), sorted(vars(pickle.loads(pickle.dumps(node)))))


class Odd(ast.AST):
    _fields = (b"\xff",)
    _field_types = {"a": int}


with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    Odd()
print([str(warning.message) for warning in caught])

SOURCE = """
def f(a, b: int = 1, *c, d=2, **e):
    x: int = 3
    try: raise A from b
    except B as c: pass
    match a:
        case [x, *y] | {"a": b, **c}: pass
        case None: pass
    return a < b
try: pass
except* B as c: pass
type X[T: int] = T
"""
WRONG = [None, 1, [], [None], ast.Name("q", ast.Store()), "None", -1]
CLASSES = {"Module", "arguments", "AnnAssign", "Try", "ExceptHandler", "MatchAs", "MatchSingleton", "MatchSequence",
           "TypeVar", "Name", "Compare"}
tree = ast.parse(SOURCE)
seen = {}
for node in ast.walk(tree):
    name = type(node).__name__
    seen[name] = seen.get(name, 0) + 1
    if name not in CLASSES or seen[name] > 1 + (name == "ExceptHandler"):
        continue
    for field in node._fields + node._attributes[2:]:
        if (name, field) == ("MatchOr", "patterns"):
            continue
        old = getattr(node, field)
        answers = []
        for wrong in WRONG:
            # CPython crashes on these.
            if wrong == [None] and field in ("names", "handlers", "type_params", "patterns", "kwd_attrs",
                                             "kwd_patterns", "keys", "values", "comparators", "ops"):
                continue
            setattr(node, field, wrong)
            try:
                compile(tree, "f", "exec")
                answer = "ok"
            except Exception as error:
                answer = f"{type(error).__name__}: {error}"
            if answer not in answers:
                answers.append(answer)
        setattr(node, field, old)
        print(name, field, *answers, sep="\n  ")
