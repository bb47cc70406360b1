# Locks and semaphores between processes: the native half of `multiprocessing`.
import os
from _multiprocessing import SemLock, flags, sem_unlink
import _posixshmem

MUTEX, SEMAPHORE = 0, 1
name = f"/kaa-{os.getpid()}"


def error(function, *args):
    try:
        return function(*args)
    except Exception as error:
        return f"{type(error).__name__}: {error}"


print(flags, SemLock.SEM_VALUE_MAX)
lock = SemLock(MUTEX, 1, 1, name + "-m", False)
print(lock.name == name + "-m", lock.kind, lock.maxvalue, type(lock.handle), lock._get_value())
print(error(lock.release))
with lock:
    print(lock.acquire(), lock._count(), lock._is_mine(), lock._is_zero())
    lock.release()
print(lock._count(), lock._is_mine(), lock._is_zero())

other = SemLock._rebuild(0, MUTEX, 1, lock.name)
print(other.acquire(), lock.acquire(False), lock.acquire(True, 0.01), lock.acquire(timeout=-1))
other.release()
print(lock.acquire(False), other._is_mine())
lock._after_fork()
print(lock._count(), lock._get_value())
print(sem_unlink(lock.name), error(sem_unlink, "/kaa-no-such"))
print(error(SemLock._rebuild, 0, MUTEX, 1, "/kaa-no-such"))

semaphore = SemLock(SEMAPHORE, 0, 2, name, True)
print(semaphore.name, semaphore._get_value())
child = os.fork()
if child == 0:
    semaphore.release()
    semaphore.release()
    os._exit(0)
print(semaphore.acquire(), semaphore.acquire(True, 10), semaphore._count())
os.waitpid(child, 0)
semaphore.release()
semaphore.release()
print(error(semaphore.release), semaphore._get_value())

for args in ((2, 1, 1, name, True), (0, 1, 1, "a\0b", True), (0, 2**40, 1, name, True), (0, 1, 1, 5, True)):
    print(error(SemLock, *args))
print(error(setattr, semaphore, "kind", 0))

fd = _posixshmem.shm_open(name, os.O_CREAT | os.O_EXCL | os.O_RDWR, mode=0o600)
os.write(fd, b"shared")
again = _posixshmem.shm_open(name, os.O_RDONLY)
print(os.read(again, 10), _posixshmem.shm_unlink(name))
try:
    _posixshmem.shm_open("/kaa-no-such", os.O_RDONLY)
except OSError as failure:
    print(failure)
