"""Functions, loops and handlers."""

import os.path as path
from sys import argv, exit as leave


def fibonacci(count, *, start=0, **rest):
    a, b = start, 1
    for index in range(count):
        if index % 3 == 0 and not rest:
            continue
        yield a
        a, b = b, a + b


def careful(name):
    try:
        with open(name) as file:
            return [line.strip() for line in file if line]
    except OSError as error:
        print(f"{name!r:>10}: {error}", 'not "there"')
        raise
    finally:
        leave


async def later(things):
    async for thing in things:
        await thing
    return lambda x, /, y=1: x + y


assert argv, "no arguments"
if path and __debug__:
    while len(argv) > 1000:
        argv.pop()
