"""The files of packages of the embedded library, for importlib.resources."""

import io
from errno import EISDIR, ENOENT
from importlib.resources.abc import Traversable, TraversableResources
from os import strerror

from _kaa_library import list_folder, read_file


class LibraryPath(Traversable):
    """A file or folder of the library, by its path."""

    def __init__(self, path):
        self._path = path

    def __repr__(self):
        return f"{type(self).__name__}({self._path!r})"

    def __str__(self):
        return self._path

    def __eq__(self, other):
        return self._path == other._path if isinstance(other, LibraryPath) else NotImplemented

    def __hash__(self):
        return hash(self._path)

    @property
    def name(self):
        return self._path.rpartition("/")[2]

    @property
    def parent(self):
        return LibraryPath(self._path.rpartition("/")[0])

    def is_dir(self):
        return list_folder(self._path) is not None

    def is_file(self):
        folder, _, name = self._path.rpartition("/")
        return (name, False) in (list_folder(folder) or ())

    def exists(self):
        return self.is_dir() or self.is_file()

    def iterdir(self):
        names = list_folder(self._path)
        if names is None:
            raise FileNotFoundError(ENOENT, strerror(ENOENT), self._path)
        for name, _ in names:
            yield self / name

    def joinpath(self, *descendants):
        parts = self._path.split("/")
        for descendant in descendants:
            for part in str(descendant).split("/"):
                if part == "..":
                    parts.pop()
                elif part not in ("", "."):
                    parts.append(part)
        return LibraryPath("/".join(parts))

    __truediv__ = joinpath

    def read_bytes(self):
        if self.is_dir():
            raise IsADirectoryError(EISDIR, strerror(EISDIR), self._path)
        return read_file(self._path)

    def read_text(self, encoding=None, errors=None):
        with self.open(encoding=encoding, errors=errors) as stream:
            return stream.read()

    def open(self, mode="r", *args, **kwargs):
        if mode not in ("r", "rt", "rb"):
            raise ValueError(f"the library can only be read, not opened with mode {mode!r}")
        stream = io.BytesIO(self.read_bytes())
        return stream if mode == "rb" else io.TextIOWrapper(stream, *args, **kwargs)


class LibraryReader(TraversableResources):
    """The files of one package."""

    def __init__(self, folder):
        self._folder = folder

    def files(self):
        return LibraryPath(self._folder)
