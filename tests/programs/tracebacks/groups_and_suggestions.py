class A:
    def __init__(self): self.value = 1
    def m(self): return vale + self.valu
try:
    A().valeu
except AttributeError as e:
    x = e
try:
    A().m()
except NameError as e:
    e.add_note("a note\nof two lines")
    e.add_note("more")
    raise ExceptionGroup("eg", [x, e, ExceptionGroup("inner", [ValueError(1), TypeError("t")]), KeyError("k")])
