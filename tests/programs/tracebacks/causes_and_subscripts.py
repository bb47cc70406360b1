def f(x):
    return 1 / x
def g():
    try:
        f(0)
    except ZeroDivisionError as e:
        raise ValueError("bad",
                         2) from e
try:
    g()
except ValueError:
    d = {}
    d["k"]["z"]
