# The buffer protocol from Python, views that are released while they are used, and hashes of sets.
import inspect
import operator
import time
from array import array
from collections.abc import Buffer, MutableSequence

def attempt(function, *args):
    try:
        return function(*args)
    except Exception as error:
        return f'{type(error).__name__}: {error}'

print([isinstance(value, Buffer) for value in (b'', bytearray(), memoryview(b''), array('i'), '', [])])
print(isinstance(array('d'), MutableSequence))
data = bytearray(b'abc')
view = data.__buffer__(0)
print(view.tolist(), attempt(bytearray(1).__release_buffer__, view), attempt(data.__release_buffer__, 3))
print(hasattr(b'', '__release_buffer__'), hasattr(array('i'), '__release_buffer__'))
data.__release_buffer__(view)
print(attempt(data.__release_buffer__, view), attempt(view.tolist), data.append(1), data)

class Exporter:
    def __buffer__(self, flags):
        return memoryview(b'exported')

print(bytes(Exporter()), memoryview(Exporter())[1:3].tobytes())

class Index:
    def __init__(self, view, number):
        self.view, self.number = view, number

    def __index__(self):
        self.view.release()
        return self.number

view = memoryview(bytes(range(10)))
print(view[:Index(view, 4)].tolist(), attempt(view.tolist))
view = memoryview(bytearray(10))
print(attempt(lambda: view.__setitem__(slice(None, Index(view, 4)), b'spam')))
print(attempt(lambda: view[0]))

class Hashed(bytes):
    def __hash__(self):
        return attempt(view.release).__len__()

view = memoryview(Hashed(b'x'))
print(hash(view) == hash(b'x'), view.tobytes())
print(memoryview(b'\0\1\2').cast('?') == memoryview(b'\0\2\1').cast('?'))

print(hash(frozenset([(1, 2), 3.5, -7, 2**70])), hash(frozenset(range(10))), hash(frozenset()))
print(ascii(time.strftime('a\ud83d%Y\0é%m%%ü', (2024, 2, 29, 0, 0, 0, 3, 60, 0))))
print([str(inspect.signature(value)) for value in
       (operator.itemgetter(1), operator.attrgetter('a'), operator.methodcaller('f'))])
