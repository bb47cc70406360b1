# The library's sources are found by all that asks for them.
import contextlib
import importlib.resources
import importlib.util
import inspect
import io
import json
import linecache
import os
import pkgutil
import traceback
import warnings


def base(path):
    return path.rpartition("python3.14")[2]


print(base(json.__file__), base(json.__path__[0]), base(json.__cached__))
print(base(os.__file__), base(json.loads.__code__.co_filename), json.__spec__.has_location)
print(base(json.__spec__.origin), base(json.__spec__.submodule_search_locations[0]), base(json.decoder.__file__))

# Sources.
print(inspect.getsource(json.dumps).splitlines()[0])
print(inspect.getsource(os.path.basename).splitlines()[:2])
print(base(inspect.getsourcefile(json.JSONDecoder)), inspect.getmodule(json.loads).__name__)
print(linecache.getline(json.__file__, 1, vars(json)))
print(json.__loader__.get_source("json").splitlines()[0] == linecache.getline(json.__file__, 1).rstrip())
print(json.__loader__.get_data(json.__file__)[:21])
print(json.__loader__.is_package("json"), base(json.__loader__.get_filename("json")))
print(json.__loader__.get_code("json").co_names[:3])
try:
    json.__loader__.get_data(json.__file__ + "x")
except OSError as error:
    print(type(error).__name__, error.errno, base(error.filename))
print(json.__loader__.get_resource_reader("json") is not None)

# Finding modules.
print([module[1:] for module in pkgutil.iter_modules(json.__path__, "json.")])
names = {module.name for module in pkgutil.iter_modules()}
print({"json", "os", "argparse", "email"} <= names)
print(importlib.util.find_spec("email.mime").name, importlib.util.find_spec("json.nothing"))

# Data.
folder = importlib.resources.files("pydoc_data")
print(sorted(path.name for path in folder.iterdir() if "__pycache__" not in path.name))
print((folder / "_pydoc.css").is_file(), folder.is_dir(), (folder / "nothing").is_file())
text = importlib.resources.read_text("pydoc_data", "_pydoc.css")
print(len(text.splitlines()) == len((folder / "_pydoc.css").read_bytes().splitlines()))
with importlib.resources.as_file(folder / "_pydoc.css") as path:
    print(path.read_text() == text)

# Tracebacks.
try:
    json.loads("[1, }")
except ValueError as error:
    for entry in traceback.extract_tb(error.__traceback__)[1:]:
        print(base(entry.filename), entry.name, entry.line)
    lines = traceback.format_exception(error)
    print(lines[2].partition("\n")[2])

# Warnings show the line that they are about.
with contextlib.redirect_stderr(io.StringIO()) as text:
    warnings.warn_explicit("old", UserWarning, json.__file__, 1, module_globals=vars(json))
print(base(text.getvalue()))

# A module may be loaded again.
colorsys = importlib.import_module("colorsys")
del colorsys.rgb_to_yiq
print(hasattr(importlib.reload(colorsys), "rgb_to_yiq"))
