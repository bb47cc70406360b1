# asyncio, on the native futures and tasks.
import _asyncio
import asyncio
import contextvars
import gc

print(asyncio.Future is _asyncio.Future, asyncio.Task is _asyncio.Task)


def error(function, *arguments, **keywords):
    try:
        return function(*arguments, **keywords)
    except BaseException as exception:
        return f"{type(exception).__name__}: {exception}"


print(error(asyncio.get_running_loop), error(asyncio.current_task), error(asyncio.all_tasks))
variable = contextvars.ContextVar("variable", default=0)


async def double(n):
    variable.set(n)
    await asyncio.sleep(0)
    return variable.get() * 2


async def fail():
    raise ValueError("failed")


async def futures():
    loop = asyncio.get_running_loop()
    future = loop.create_future()
    print(future, error(future.result), error(future.exception), error(future.set_exception, 3))
    future.add_done_callback(lambda future: print("first", future.result()))
    future.add_done_callback(print)
    print(future.remove_done_callback(print), future.remove_done_callback(print), future._asyncio_future_blocking)
    future.set_result(7)
    print(error(future.set_result, 8), future.done(), future._state)
    await asyncio.sleep(0)
    future = asyncio.Future()
    future.set_exception(StopIteration)
    print(repr(future.exception()), repr(future.exception().__cause__))
    print(future.cancel(), asyncio.Future().cancel(), error(_asyncio.Future.get_loop, _asyncio.Future.__new__(_asyncio.Future)))
    print(error(setattr, future, "_log_traceback", True), asyncio.Future[int])


async def tasks():
    print(await asyncio.gather(*(double(i) for i in range(5))), variable.get())
    task = asyncio.create_task(double(5), name="named")
    print(task.get_name(), len(asyncio.all_tasks()), asyncio.current_task() in asyncio.all_tasks())
    print(await task, len(asyncio.all_tasks()), error(task.set_result, 1))
    try:
        await asyncio.create_task(fail())
    except ValueError as exception:
        print("caught", exception)
    task = asyncio.create_task(asyncio.sleep(10))
    await asyncio.sleep(0)
    task.cancel("message")
    try:
        await task
    except asyncio.CancelledError as exception:
        print(exception.args, task.cancelled(), task.cancelling(), task.uncancel())
    try:
        await asyncio.wait_for(asyncio.sleep(10), 0.01)
    except TimeoutError as exception:
        print(repr(exception))
    eager = asyncio.Task(fail(), loop=asyncio.get_running_loop(), eager_start=True)
    print(eager.done(), repr(eager.exception()), error(asyncio.Task, 3))

    class Bad:
        def __await__(self):
            yield 3

    async def bad():
        await Bad()

    print(repr(await asyncio.gather(bad(), return_exceptions=True)))
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(fail())
            group.create_task(asyncio.sleep(10))
    except* ValueError as exceptions:
        print(exceptions.exceptions)
    lock, queue = asyncio.Lock(), asyncio.Queue(1)

    async def produce():
        for i in range(5):
            async with lock:
                await queue.put(i)

    async def consume():
        return [await queue.get() for _ in range(5)]

    print((await asyncio.gather(produce(), consume()))[1])


async def input_and_output():
    async def handle(reader, writer):
        while line := await reader.readline():
            writer.write(line.upper())
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    writer.writelines([b"one\n", b"two\n"])
    writer.write_eof()
    print(await reader.read())
    writer.close()
    await writer.wait_closed()
    server.close()
    await server.wait_closed()
    process = await asyncio.create_subprocess_exec("cat", stdin=-1, stdout=-1)
    print(await process.communicate(b"through a process"), process.returncode)
    print(await asyncio.to_thread(sum, range(10)))


async def unseen():
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: print(context["message"], context["exception"]))
    asyncio.create_task(fail())
    await asyncio.sleep(0)
    await asyncio.sleep(0)


for main in (futures, tasks, input_and_output, unseen):
    print(main.__name__)
    asyncio.run(main())
    gc.collect()
