# What happens when a program ends.
import atexit


@atexit.register
def first():
    print("registered first, called last")


def with_arguments(*args, **kwargs):
    print(args, kwargs)
    atexit.register(print, "not called any more")


atexit.register(with_arguments, 1, b=2)
atexit.register(print, "never")
print(atexit._ncallbacks())
atexit.unregister(print)
print(atexit._ncallbacks())
try:
    atexit.register(1)
except TypeError as error:
    print(error)


class Finalized:
    def __init__(self, name):
        self.name = name

    def __del__(self):
        print("finalized", self.name)


class Text(str):
    def __del__(self):
        print("finalized", str.__str__(self))


kept = Finalized("kept")
print("end")
