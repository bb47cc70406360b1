# Python handlers of signals.
import _signal
import _thread
import posix

print(_signal.getsignal(_signal.SIGINT) is _signal.default_int_handler, _signal.getsignal(_signal.SIGPIPE))

calls = []


def handler(number, frame):
    calls.append((number, frame.f_code.co_name))


print(_signal.signal(_signal.SIGUSR1, handler))


def raise_it():
    _signal.raise_signal(_signal.SIGUSR1)
    posix.kill(posix.getpid(), _signal.SIGUSR1)


raise_it()
print(calls)
print(_signal.signal(_signal.SIGUSR1, _signal.SIG_DFL) is handler)

# A timer interrupts a loop, and a system call, which goes on.
calls.clear()
_signal.signal(_signal.SIGALRM, handler)
_signal.setitimer(_signal.ITIMER_REAL, 0.01)
while not calls:
    pass
print(calls, _signal.getitimer(_signal.ITIMER_REAL))


class Alarm(Exception):
    pass


def alarm(number, frame):
    raise Alarm


_signal.signal(_signal.SIGALRM, alarm)
read, write = posix.pipe()
_signal.setitimer(_signal.ITIMER_REAL, 0.01)
try:
    posix.read(read, 1)
except Alarm:
    print("read interrupted")
lock = _thread.allocate_lock()
lock.acquire()
_signal.setitimer(_signal.ITIMER_REAL, 0.01)
try:
    lock.acquire()
except Alarm:
    print("acquire interrupted")

# Handlers run in the main thread.
_signal.signal(_signal.SIGUSR1, lambda number, frame: calls.append(_thread.get_ident()))
calls.clear()
_thread.start_joinable_thread(lambda: _signal.raise_signal(_signal.SIGUSR1)).join()
print(calls == [_thread._get_main_thread_ident()])


def in_thread():
    try:
        _signal.signal(_signal.SIGUSR1, handler)
    except ValueError as error:
        print(error)


_thread.start_joinable_thread(in_thread).join()

try:
    _thread.start_joinable_thread(_thread.interrupt_main).join()
    while True:
        pass
except KeyboardInterrupt as error:
    print("KeyboardInterrupt", error.args)

_signal.pthread_sigmask(_signal.SIG_BLOCK, [_signal.SIGUSR2])
_signal.raise_signal(_signal.SIGUSR2)
print(_signal.sigpending() == {_signal.SIGUSR2})
info = _signal.sigwaitinfo([_signal.SIGUSR2])
print(info.si_signo == _signal.SIGUSR2, info.si_pid == posix.getpid())
print(_signal.sigtimedwait([_signal.SIGUSR2], 0.001))


def attempt(function, *args):
    try:
        print(function(*args))
    except Exception as error:
        print(type(error).__name__, error)


attempt(_signal.signal, 0, 0)
attempt(_signal.signal, 9, 0)
attempt(_signal.signal, 2, 5)
attempt(_signal.getsignal, 65)
attempt(_signal.strsignal, 2)
attempt(_signal.strsignal, 32)
attempt(_signal.setitimer, 9, 1)
attempt(_signal.setitimer, 0, "a")
attempt(_signal.siginterrupt, 9, True)
attempt(_signal.raise_signal, 100)
attempt(_signal.pthread_sigmask, 1, [100])
attempt(_signal.set_wakeup_fd, 1000)
attempt(_signal.sigtimedwait, [10], -1)
print(len(_signal.valid_signals()))

child = posix.fork()
if child == 0:
    _thread.start_joinable_thread(lambda: None).join()
    posix._exit(_thread._count() + 7)
print(posix.waitstatus_to_exitcode(posix.waitpid(child, 0)[1]))
