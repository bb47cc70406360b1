def f(aaa, bbb): pass
class K:
    @property
    def p(self):
        return self.q.r
    def __getattr__(self, n): raise AttributeError(n)
f(1, bbbb=2) if 0 else K().p
