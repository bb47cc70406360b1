"""t-strings."""
name = "w"
t = t"Hello {name!r:>5} and {1 + 1}"
print(t.strings, t.values, [(i.expression, i.conversion, i.format_spec, i.value) for i in t.interpolations])
print(type(t).__name__, list(t"a{name}"), (t"a" t"{name}").strings, t"{name=}".strings)
