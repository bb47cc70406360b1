# The library's threading on native threads.
import threading
import time

print(threading.current_thread() is threading.main_thread(), threading.active_count())

out = []


def sleep(n):
    time.sleep(0.001 * n)
    out.append(n)


threads = [threading.Thread(target=sleep, args=(n,), name=f"T{n}") for n in range(5)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(sorted(out), [thread.is_alive() for thread in threads], threads[3].name)

# An exception ends a thread, not the program.
seen = []
threading.excepthook = lambda args: seen.append((args.exc_type.__name__, str(args.exc_value), args.thread.name))
thread = threading.Thread(target=lambda: 1 / 0, name="bad")
thread.start()
thread.join()
print(seen)

condition, queue, got = threading.Condition(), [], []


def produce():
    for i in range(100):
        with condition:
            queue.append(i)
            condition.notify()


def consume():
    while len(got) < 100:
        with condition:
            while not queue:
                condition.wait()
            got.extend(queue)
            queue.clear()


pair = [threading.Thread(target=consume), threading.Thread(target=produce)]
for thread in pair:
    thread.start()
for thread in pair:
    thread.join()
print(got == list(range(100)))

event = threading.Event()
print(event.wait(0.01))
threading.Timer(0.01, event.set).start()
print(event.wait(30))

barrier, numbers = threading.Barrier(3), []
threads = [threading.Thread(target=lambda: numbers.append(barrier.wait())) for _ in range(3)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(sorted(numbers))

semaphore = threading.Semaphore(2)
print(semaphore.acquire(), semaphore.acquire(), semaphore.acquire(timeout=0.01))

local = threading.local()
local.x = "main"


def see():
    print(hasattr(local, "x"))
    local.x = "thread"


thread = threading.Thread(target=see)
thread.start()
thread.join()
print(local.x)

# The program waits for threads that are not daemons.
main_done = threading.Event()


def late():
    main_done.wait()
    time.sleep(0.02)
    print("late done")


threading.Thread(target=late).start()


def forever():
    while True:
        time.sleep(60)


threading.Thread(target=forever, daemon=True).start()
print("main done", flush=True)
main_done.set()
