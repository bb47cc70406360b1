"""Functions of the library before their first call: what is asked of them, and how they are called."""

import colorsys
import heapq
import inspect
import sys
import textwrap

print(heapq.merge.__code__.co_varnames[:3], heapq.merge.__code__.co_argcount)
print(textwrap.dedent.__doc__.splitlines()[0])
print(colorsys.rgb_to_hls.__code__ == colorsys.rgb_to_hls.__code__, colorsys.rgb_to_hls.__code__ == colorsys.hls_to_rgb.__code__)
print(hash(colorsys.rgb_to_hsv.__code__) == hash(colorsys.rgb_to_hsv.__code__))
print(inspect.signature(textwrap.wrap))
print(textwrap.shorten.__code__.co_names, textwrap.shorten.__code__.co_freevars)
print(textwrap.shorten.__code__.replace(co_name="renamed").co_consts == textwrap.shorten.__code__.co_consts)

for call in (
    lambda: textwrap.indent(text="a\nb", prefix="> "),
    lambda: textwrap.fill(width=10, text="some words to fill"),
    lambda: colorsys.yiq_to_rgb(1, 2, z=3),
    lambda: heapq.nsmallest(1),
):
    try:
        print(repr(call()))
    except TypeError as error:
        print(error)

lines = []
monitoring = sys.monitoring
monitoring.use_tool_id(3, "test")
monitoring.register_callback(3, monitoring.events.PY_START, lambda code, offset: lines.append(code.co_name))
monitoring.set_local_events(3, colorsys.hsv_to_rgb.__code__, monitoring.events.PY_START)
colorsys.hsv_to_rgb(0.5, 0.5, 0.5)
monitoring.set_local_events(3, colorsys.hsv_to_rgb.__code__, 0)
monitoring.set_events(3, monitoring.events.PY_START)
colorsys.rgb_to_yiq(1, 1, 1)
monitoring.set_events(3, 0)
monitoring.free_tool_id(3)
print(lines)
