//! Long loops through every kind of outcome that an instruction can have: they must not take more
//! native stack the longer they run, which in release builds needs each handler to end in a jump.

use kaa_runtime::{Config, Runtime};

const PROGRAM: &str = "
class A:
    def __init__(self): self.x = 1; self.y = 2
    def m(self): return self.x
class B(A):
    def __init__(self): self.y = 1; self.x = 2
class C:
    __slots__ = ('x',)
    def __init__(self): self.x = 3
    def m(self): return self.x
    def __getattr__(self, name): raise AttributeError(name)
def gen(n):
    i = 0
    while i < n:
        try:
            yield i
        except ValueError:
            pass
        i += 1
def fail(kind):
    try:
        if kind == 0: return C().missing
        if kind == 1: return [][5]
        if kind == 2: return {}[5]
        if kind == 3: return 1 // 0
        if kind == 4: return undefined_name
        if kind == 5: return 1 + ''
        if kind == 6: return A().nothing()
        if kind == 7: return A(1, 2, 3)
        if kind == 8: raise ValueError
        if kind == 9: a, b = 1, 2, 3
        if kind == 10: return len(5)
        if kind == 11: return 1 < ''
    except (AttributeError, LookupError, ArithmeticError, NameError, TypeError, ValueError):
        return 1
def run(n):
    total = 0
    objects = [A(), B(), C(), A()]
    for i in range(n):
        o = objects[i % 4]
        total += o.m() + o.x + fail(i % 12)
        o.x = i & 3
        d = {i: [i]}
        for k, v in d.items(): total += k + v[0]
        f = lambda a, b=1, *c, d=2, **e: a + b + d
        total += f(i) + f(1, 2) + f(*(1, 2), **{'d': 3}) + f(a=1)
        s = f'{i}:{total!r}'
        if s in d: total += 1
        with_float = i * 0.5 + 1
        total += with_float < 3
    for x in gen(n): total += x
    for x in (y for y in gen(n)): total += x
    return total
result = run(N)
";

fn run(n: usize) -> i32 {
    let runtime = Runtime::start(Config::default(), &[]).expect("an isolate");
    kaa_runtime::run::run_source(&runtime.vm, PROGRAM.replace("(N)", &format!("({n})")).as_bytes(), "test.py")
}

#[test]
fn long_loops_take_no_more_native_stack() {
    let thread = std::thread::Builder::new().stack_size(1 << 20).spawn(|| run(20_000)).expect("a thread");
    assert_eq!(thread.join().expect("no panic"), 0);
}
