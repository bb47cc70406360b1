def a(): 
    assert 1 == 2, "msg"
def b():
    x = a()
    return x
class C:
    y: int = b()
