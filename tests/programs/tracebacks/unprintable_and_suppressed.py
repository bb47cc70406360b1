class E(Exception):
    def __str__(self): raise ValueError
class M(Exception):
    pass
M.__module__ = "some.mod"
def long(*a): raise M("x\ny")
try:
    raise E(1)
except E:
    try:
        long(
            1,
            2,
            3,
            4,
            5
        )
    except M as m:
        raise KeyError from None
