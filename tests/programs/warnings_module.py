# Warnings: filters, registries, places, and what is refused.
import _warnings
import os
import sys
import tempfile
import types
import warnings

sys.stderr = sys.stdout
print(warnings.filters is _warnings.filters, warnings.warn is _warnings.warn)
print([(action, category.__name__, module) for action, _, category, module, _ in warnings.filters])


def base(text):
    return text.replace(os.path.dirname(os.path.abspath(__file__)) + "/", "")


def show(message, category, filename, lineno, file=None, line=None):
    print(f"{base(filename)}:{lineno}: {category.__name__}: {message} [{line}]")


def attempt(function, *args, **kwargs):
    try:
        function(*args, **kwargs)
    except Exception as error:
        print(f"{type(error).__name__}: {error}")


warnings.showwarning = show


def old(level):
    warnings.warn("old", DeprecationWarning, stacklevel=level)


for _ in range(2):
    old(2)
    old(1)
print(sorted(key[0] for key in __warningregistry__ if isinstance(key, tuple)))

for action in "error", "ignore", "always", "default", "module", "once", "all":
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter(action)
        for number in range(4):
            attempt(warnings.warn_explicit, "same", UserWarning, "file.py", number // 2)
        print(action, [(str(w.message), w.lineno) for w in caught])

for action in "always", "default", "module", "once":
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter(action)
        registry = {}
        for number in range(4):
            warnings.warn_explicit("with registry", UserWarning, "file.py", number // 2, registry=registry)
        print(action, [w.lineno for w in caught], sorted(map(str, registry.values())) != [])

with warnings.catch_warnings():
    warnings.filterwarnings("error", message="b.*", category=UserWarning, module="mod.*")
    attempt(warnings.warn_explicit, "beta", UserWarning, "x", 1, module="module")
    attempt(warnings.warn_explicit, "beta", UserWarning, "x", 1, module="other")
    attempt(warnings.warn_explicit, "alpha", UserWarning, "x", 1, module="module")
    attempt(warnings.warn_explicit, "beta", RuntimeWarning, "x", 1, module="module")
    attempt(warnings.warn_explicit, UserWarning("beta"), None, "module.py", 1)

# Refused.
attempt(warnings.warn, 1, 2)
attempt(warnings.warn, "x", int)
attempt(warnings.warn, "x", stacklevel="x")
attempt(warnings.warn, "x", skip_file_prefixes=1)
attempt(warnings.warn, "x", skip_file_prefixes=(1,))
attempt(warnings._filters_mutated_lock_held)
attempt(_warnings._release_lock)
attempt(warnings.warn_explicit, "m", UserWarning, 1, 2)
attempt(warnings.warn_explicit, "m", UserWarning, "f", "x")
attempt(warnings.warn_explicit, "m", UserWarning, "f", 1, "m", 1)
attempt(warnings.warn_explicit, "m", UserWarning, "f", 1, "m", {}, 1)
for wrong in [1], [("ignore",)], [(1, None, UserWarning, None, 0)], [("odd", None, UserWarning, None, 0)], ():
    with warnings.catch_warnings():
        warnings.filters = wrong
        attempt(warnings.warn_explicit, "m", UserWarning, "f", 1)

# Places: importlib and skipped files do not count.
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "helper_module.py")
    with open(path, "w") as file:
        file.write("import warnings\n\ndef call(**kw):\n    warnings.warn('helped', **kw)\n\ncall(stacklevel=3)\n")
    sys.path.insert(0, folder)
    import helper_module
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        helper_module.call()
        helper_module.call(stacklevel=2)
        helper_module.call(skip_file_prefixes=(folder,))
        helper_module.call(stacklevel=99)
    print([(os.path.basename(w.filename), w.lineno) for w in caught])

# Sources by the loader.
class Loader:
    def get_source(self, name):
        print("asked for", name)
        return "one\ntwo\nthree\n"


loader = Loader()
spec = types.SimpleNamespace(name="package.module", loader=loader)
with warnings.catch_warnings():
    warnings.simplefilter("always")
    warnings.showwarning = warnings._showwarning_orig
    for line in 2, 9:
        warnings.warn_explicit("line", UserWarning, "nowhere", line, module_globals={"__loader__": loader, "__spec__": spec, "__name__": "m"})

# Without the module.
saved = sys.modules.pop("warnings")
_warnings.warn_explicit("plain", UserWarning, "nowhere", 3)
sys.modules["warnings"] = saved
