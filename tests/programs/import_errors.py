# What is said when imports and attributes of modules fail.
import importlib
import os
import sys
import tempfile
import types


def attempt(function, *args, **kwargs):
    try:
        function(*args, **kwargs)
    except Exception as error:
        text = f"{type(error).__name__}: {error}".replace(folder, "FOLDER")
        fields = [getattr(error, name, "-") for name in ("name", "path", "name_from")]
        print(text, [str(field).replace(folder, "FOLDER") for field in fields])


folder = tempfile.mkdtemp()
sys.path.insert(0, folder)


def write(name, text):
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)


def run(text, **globals):
    exec(text, globals)


write("plain.py", "x = 1\n")
write("circle_a.py", "import circle_b\nvalue = 1\n")
write("circle_b.py", "from circle_a import value\n")
write("round_a.py", "import round_b\nvalue = 1\n")
write("round_b.py", "import round_a\nround_a.value\n")
write("package/__init__.py", "")
write("package/part.py", "")
write("stars.py", "__all__ = ['a', b'b']\na = 1\n")
importlib.invalidate_caches()

attempt(run, "from plain import y")
attempt(run, "import plain; plain.y")
attempt(run, "import plain.y")
attempt(run, "from sys import nothing")
attempt(run, "import circle_a")
attempt(run, "import round_a")
attempt(run, "from package import nothing")
attempt(run, "import package; package.part")
attempt(run, "from stars import *")
attempt(run, "import missing_module.part")

# Relative imports.
attempt(run, "from . import x")
attempt(run, "from . import x", __name__="m")
attempt(run, "from .. import x", __package__="package", __name__="package.m")
attempt(run, "from . import x", __package__=1)
attempt(run, "from . import x", __name__=1)
attempt(run, "from . import x", __spec__=types.SimpleNamespace(parent=2))
attempt(__import__, "x", 5, None, (), 1)
attempt(__import__, "")
attempt(__import__, 5)
attempt(__import__, "x", {}, None, (), -1)
namespace = {"__package__": "package", "__name__": "package.m"}
run("from . import part; print(part.__name__)", **namespace)
run("from .part import __name__ as name; print(name)", **namespace)

# Modules without a specification, or with a strange one.
strange = types.ModuleType("strange")
sys.modules["strange"] = strange
attempt(run, "from strange import x")
strange.__spec__ = []
attempt(run, "from strange import x")
attempt(lambda: strange.x)
del strange.__spec__
attempt(run, "from strange import x")
strange.__file__ = "elsewhere.py"
strange.__spec__ = types.SimpleNamespace(has_location=False)
attempt(run, "from strange import x")
sys.modules["strange"] = None
attempt(run, "import strange")
