# gc: switches, callbacks, a look at the heap.
import gc

print(gc.isenabled(), gc.disable(), gc.isenabled(), gc.enable(), gc.isenabled())
gc.set_threshold(100, 5)
print(gc.get_threshold()[:2])
gc.set_debug(gc.DEBUG_UNCOLLECTABLE)
print(gc.get_debug(), gc.set_debug(0), gc.garbage)
print([sorted(stats) for stats in gc.get_stats()])


class Node:
    pass


node, target = Node(), [1]
node.target = target
referents = gc.get_referents(node)
print(any(value is target for value in referents), any(value is Node for value in referents))
print(sorted(gc.get_referents(["text", "other"])))
key, value = ("key",), ["value"]
found = gc.get_referents({key: value})
print(any(x is key for x in found), any(x is value for x in found))
holders = [[target], {"a": target}, (target,)]
referrers = gc.get_referrers(target)
print([any(holder is found for found in referrers) for holder in holders])
print(any(found is node for found in gc.get_objects()))
print([gc.is_tracked(x) for x in (1, 1.5, "text", b"bytes", None, (), [], {}, node)])

phases = []
gc.callbacks.append(lambda phase, info: phases.append((phase, info["generation"])))
gc.collect()
gc.collect(0)
gc.callbacks.clear()
print([phase for phase in phases if phase[1] in (0, 2)][:4])


class Cycle:
    def __del__(self):
        died.append(self.name)


died = []


def make():
    a, b = Cycle(), Cycle()
    a.name, b.name, a.other, b.other = "a", "b", b, a


make()
make()
[[i] for i in range(100)]
gc.collect()
print(set(died) == {"a", "b"})
for bad in (3, -2):
    for function in (gc.collect, gc.get_objects):
        try:
            function(bad)
        except ValueError as error:
            print(error)
