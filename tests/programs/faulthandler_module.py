"""faulthandler: dumps at once, at signals and after a time; errors."""

import faulthandler
import os
import re
import signal
import tempfile
import time


def shown(use):
    """What a use of a file writes, without what differs from run to run."""
    with tempfile.TemporaryFile() as file:
        use(file)
        file.seek(0)
        text = file.read().decode()
    text = re.sub(r"0x[0-9a-f]+( \[.*\])?", "0x…", text)
    return re.sub(r'File ".*[/\\]', 'File "', text)


def inner(file, all_threads):
    faulthandler.dump_traceback(file, all_threads)


print(shown(lambda file: inner(file, False)))
print(shown(lambda file: inner(file.fileno(), True)))
lines = shown(faulthandler.dump_c_stack).splitlines()
print(lines[0], len(lines) > 1)


def at_signal(file, **options):
    faulthandler.register(signal.SIGUSR1, file, **options)
    os.kill(os.getpid(), signal.SIGUSR1)
    print(faulthandler.unregister(signal.SIGUSR1), faulthandler.unregister(signal.SIGUSR1))


print(shown(at_signal))
print(shown(lambda file: at_signal(file, all_threads=False)))
signal.signal(signal.SIGUSR1, lambda number, frame: print("handler", number == signal.SIGUSR1))
print(shown(lambda file: at_signal(file, all_threads=False, chain=True)))
os.kill(os.getpid(), signal.SIGUSR1)


def later(file, timeout, wait, **options):
    faulthandler.dump_traceback_later(timeout, file=file, **options)
    time.sleep(wait)
    faulthandler.cancel_dump_traceback_later()


print(shown(lambda file: later(file, 0.05, 0.6)))
print(shown(lambda file: later(file, 0.05, 0.6, repeat=True)).count("Timeout (0:00:00.050000)!") > 2)
print(repr(shown(lambda file: later(file, 3723, 0))))
faulthandler.cancel_dump_traceback_later()

with tempfile.TemporaryFile() as file:
    print(faulthandler.enable(file), faulthandler.is_enabled(), faulthandler.enable(file=file, all_threads=False))
    print(faulthandler.disable(), faulthandler.is_enabled(), faulthandler.disable())


class NoFile:
    def fileno(self):
        return -1


def t(function, *args, **kwargs):
    try:
        print(function(*args, **kwargs))
    except Exception as error:
        print(type(error).__name__, error)


t(faulthandler.register, signal.SIGSEGV)
t(faulthandler.register, 0)
t(faulthandler.register, 1000)
t(faulthandler.unregister, signal.SIGABRT)
t(faulthandler.unregister, -1)
t(faulthandler.register, "1")
t(faulthandler.register, signal.SIGKILL, 1)
t(faulthandler.dump_traceback_later, 0)
t(faulthandler.dump_traceback_later, -1)
t(faulthandler.dump_traceback_later, float("nan"))
t(faulthandler.dump_traceback_later, 1e30)
t(faulthandler.dump_traceback_later, "1")
t(faulthandler.dump_traceback_later)
t(faulthandler.dump_traceback, -1)
t(faulthandler.dump_traceback, 10**20)
t(faulthandler.dump_traceback, NoFile())
t(faulthandler.dump_traceback, "x")
t(faulthandler.enable, 1, 2, 3, 4)
t(faulthandler.enable, 1, c_stacks=1)
t(faulthandler.enable, 1, c_stack=False)
for name in sorted(vars(faulthandler)):
    function = getattr(faulthandler, name)
    if callable(function) and not name.startswith("__"):
        print(name, function.__doc__, function.__text_signature__)
