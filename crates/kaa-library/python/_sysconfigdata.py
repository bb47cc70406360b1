"""What `sysconfig` says of this build. Kaa has no C extensions, so there are no variables of a C
compiler; what is here holds for Kaa itself."""

build_time_vars = {
    "ABIFLAGS": "",
    "CFLAGS": "",
    "CONFIG_ARGS": "",
    "EXE": "",
    "EXT_SUFFIX": "",
    "HAVE_DYNAMIC_LOADING": 0,
    "HAVE_FORK": 1,
    "LDFLAGS": "",
    "PYTHONFRAMEWORK": "",
    "Py_DEBUG": 0,
    "Py_ENABLE_SHARED": 0,
    "Py_GIL_DISABLED": 0,
    "Py_REMOTE_DEBUG": 0,
    "SIZEOF_LONG": 8,
    "SIZEOF_SIZE_T": 8,
    "SIZEOF_TIME_T": 8,
    "SIZEOF_VOID_P": 8,
    "SOABI": "",
    "VERSION": "3.14",
    "WITH_DOC_STRINGS": 1,
    "WITH_PYMALLOC": 0,
}
