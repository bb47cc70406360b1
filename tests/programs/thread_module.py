# Native threads: locks, handles, thread-local data, exceptions, recursion.
import _thread

lock = _thread.allocate_lock()
total = [0]


def work(number, step=1):
    for i in range(300):
        with lock:
            total[0] += step
        [str(i), {i: number}]


handles = [_thread.start_joinable_thread(lambda n=n: work(n, step=2)) for n in range(4)]
work(5)
for handle in handles:
    handle.join()
print(total, [handle.is_done() for handle in handles], _thread._count())

# Threads run in turns without giving up the GIL themselves.
counts = [0, 0, 0]
stop = []


def spin(i):
    while not stop:
        counts[i] += 1


handles = [_thread.start_joinable_thread(lambda i=i: spin(i), daemon=False) for i in range(3)]
while not all(counts):
    pass
stop.append(True)
for handle in handles:
    handle.join()
print("all ran")

# Only plain arguments of start_new_thread.
ended = _thread.allocate_lock()
ended.acquire()


def with_arguments(a, b, *, c):
    print(a, b, c)
    ended.release()


started = _thread.start_new_thread(with_arguments, (1, 2), {"c": 3})
ended.acquire()
print(started > 0)

# Objects live while only another thread's stack refers to them.
def keep():
    mine = [object() for _ in range(50)]
    names = {str(i): [i] for i in range(50)}
    waiting.release()
    go_on.acquire()
    print(len(mine), sum(len(value) for value in names.values()), names["49"])


waiting, go_on = _thread.allocate_lock(), _thread.allocate_lock()
waiting.acquire(), go_on.acquire()
handle = _thread.start_joinable_thread(keep)
waiting.acquire()
garbage = [[i] * 10 for i in range(2000)]
go_on.release()
handle.join()

# Thread-local data.
class Local(_thread._local):
    kind = "class attribute"

    def __init__(self, start):
        self.value = start


local = Local(10)
local.value += 1


def use_local():
    local.value += 5
    local.other = True
    print(local.value, local.kind, sorted(local.__dict__))


handle = _thread.start_joinable_thread(use_local)
handle.join()
print(local.value, sorted(local.__dict__))

# Waiting has an end.
lock.acquire()
print(lock.acquire(False), lock.acquire(timeout=0.01), lock.locked())
lock.release()

rlock = _thread.RLock()
with rlock, rlock:
    print(rlock._is_owned(), rlock._recursion_count())

    def other():
        print(rlock.acquire(False), rlock._is_owned(), rlock._recursion_count())
        try:
            rlock.release()
        except RuntimeError as error:
            print(error)

    _thread.start_joinable_thread(other).join()
print(rlock.locked())


def deep(n):
    return 1 + deep(n - 1)


def overflow():
    try:
        deep(10**6)
    except RecursionError as error:
        print(error)


_thread.start_joinable_thread(overflow).join()


def leave():
    print("leaving")
    _thread.exit()


_thread.start_joinable_thread(leave).join()


def attempt(function, *args, **kwargs):
    try:
        print(function(*args, **kwargs))
    except Exception as error:
        print(type(error).__name__, error)


attempt(_thread.start_new_thread, 1, ())
attempt(_thread.start_new_thread, print, [])
attempt(_thread.start_new_thread, print, (), 1)
attempt(_thread.start_new_thread, print)
attempt(_thread.start_joinable_thread, print, handle=1)
attempt(_thread._ThreadHandle().join)
attempt(_thread._make_thread_handle(_thread.get_ident()).join)
attempt(lock.acquire, False, 1)
attempt(lock.acquire, True, -2)
attempt(lock.acquire, True, 1e20)
attempt(lock.acquire, True, "a")
attempt(lock.release)
attempt(rlock.release)
attempt(rlock._acquire_restore, (1,))
attempt(_thread._local, 1)
attempt(_thread.interrupt_main, 100)
attempt(_thread._excepthook, 1)
