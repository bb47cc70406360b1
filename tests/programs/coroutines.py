"""Coroutines driven by hand, async for, async with, async generators."""
class Wait:
    def __init__(self, v): self.v = v
    def __await__(self):
        got = yield self.v
        return got
class CM:
    async def __aenter__(self):
        print("enter", await Wait("e"))
        return self
    async def __aexit__(self, *exc):
        print("exit", exc[0] and exc[0].__name__, await Wait("x"))
        return True
async def agen(n):
    try:
        for i in range(n):
            yield await Wait(i)
    finally:
        print("agen done")
async def main():
    async with CM():
        raise KeyError
    async for x in agen(3):
        print("item", x)
    else:
        print("else")
    print([y async for y in agen(2) if y], {k: v async for k, v in pairs()})
    return "main result"
async def pairs():
    for p in [(1, 2), (3, 4)]: yield p
def drive(coro):
    value = None
    try:
        while True:
            asked = coro.send(value)
            value = f"reply to {asked}"
    except StopIteration as e:
        return e.value
print(drive(main()))
async def boom(): raise ValueError("inside")
try:
    drive(boom())
except ValueError as e:
    print("raised", e)
c = boom()
print(type(c).__name__, c.cr_await, c.__name__)
c.close()
try:
    c.send(None)
except RuntimeError as e:
    print(e)
async def early():
    async for x in agen(5):
        print("early", x)
        break
async def ag():
    x = yield 1
    print("sent", x)
    try:
        yield 2
    except ValueError:
        yield "thrown"
async def use():
    a = ag()
    print(await a.__anext__(), await a.asend("s"), await a.athrow(ValueError))
    await a.aclose()
    try:
        await a.__anext__()
    except StopAsyncIteration:
        print("stopped")
drive(use())
