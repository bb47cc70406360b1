//! Small programs: each leaves a value in the global `result`, whose `repr` is compared with what
//! CPython 3.14 gives; an exception that gets out is written as `Class: message`.

use kaa_objects::types::dict::PyDict;
use kaa_objects::{Gc, PyResult, Vm};
use kaa_runtime::{Config, Mode, Request, Runtime, Source, compile};

fn run_in(vm: &Vm, source: &str) -> PyResult<String> {
    let code = compile(vm, Source::Text(source), "test.py", Request::new(vm, Mode::Exec))?;
    let globals: Gc<PyDict> = kaa_runtime::run::main_globals(vm)?;
    kaa_interpreter::run_code(vm, code, globals, globals.value())?;
    let result = globals.get_str(vm, vm.intern("result")).expect("the program sets `result`");
    Ok(vm.repr(result)?.to_string_lossy())
}

fn run_with(source: &str, gc: Option<&str>) -> String {
    let config = Config { gc: gc.map(str::to_owned), ..Config::default() };
    let runtime = Runtime::start(config, &[]).expect("an isolate");
    let vm = &*runtime.vm;
    match run_in(vm, source) {
        Ok(text) => text,
        Err(raised) => {
            let exception = vm.take_exception(raised);
            format!("{}: {}", vm.class_name(exception.value()), vm.str_lossy(exception.value()))
        }
    }
}

#[track_caller]
fn check(source: &str, expected: &str) {
    assert_eq!(run_with(source, None), expected, "{source}");
    assert_eq!(run_with(source, Some("stress=50,poison")), expected, "collecting often: {source}");
}

#[test]
fn integers_and_floats_grow_out_of_their_words() {
    check("x = 1\nfor i in range(70): x = x + x\nresult = x - 1", "1180591620717411303423");
    check("x = 3\nfor i in range(5): x = x * -x * x\nresult = x < 0, x % 1000", "(True, 373)");
    check("def f(a, b): return a // b, a % b\nfor i in range(5): result = f(-7, 2)", "(-4, 1)");
    check("x = 0.0\nfor i in range(10): x = x + 0.1\nresult = x", "0.9999999999999999");
    check("def f(x): return x << 61\nfor i in range(5): result = f(i)", "9223372036854775808");
    check("def f(x): return -x\nfor i in (1, -4611686018427387904): result = f(i)", "4611686018427387904");
}

#[test]
fn specialized_operators_meet_other_operands() {
    check(
        "def add(a, b): return a + b\nresult = [add(*p) for p in ((1, 2), (3, 4), (1.5, 2), ('a', 'b'), ([1], [2]), (1, 2))]",
        "[3, 7, 3.5, 'ab', [1, 2], 3]",
    );
    check(
        "def get(c, k): return c[k]\nresult = [get(*p) for p in (([1, 2], 1), ([1, 2], -1), ((3, 4), 0), ('xyz', 1), ({5: 6}, 5))]",
        "[2, 2, 3, 'y', 6]",
    );
    check(
        "def less(a, b):\n    if a < b: return 1\n    return 0\nresult = [less(*p) for p in ((1, 2), (2, 1), (1.5, 2), (float('nan'), 1), ('a', 'b'))]",
        "[1, 0, 1, 0, 1]",
    );
}

#[test]
fn attributes_follow_changes_of_the_class() {
    check(
        "class A:\n    x = 1\n    def __init__(self): self.y = 2\na = A()\n\
         def f(): return a.x, a.y\n\
         for i in range(5): f()\n\
         A.x = 5\nr = [f()]\n\
         A.y = property(lambda self: 'shadow')\nr.append(f())\n\
         del A.y\nr.append(f())\na.x = 7\nr.append(f())\nresult = r",
        "[(5, 2), (5, 'shadow'), (5, 2), (7, 2)]",
    );
    check(
        "class A:\n    def m(self): return 1\nclass B(A): pass\nb = B()\ndef f(): return b.m()\n\
         for i in range(5): f()\nA.m = lambda self: 2\nr = [f()]\nB.m = lambda self: 3\nr.append(f())\n\
         b.m = lambda: 4\nr.append(f())\nresult = r",
        "[2, 3, 4]",
    );
    check(
        "class A:\n    def __init__(self, n):\n        for i in range(n): setattr(self, 'a%d' % i, i) if False else None\n        self.p = n\n        self.q = self.p + 1\n\
         def f(o): o.p += 1; return o.p * o.q\nresult = [f(A(i)) for i in range(4)]",
        "[1, 4, 9, 16]",
    );
}

#[test]
fn arguments_are_bound_with_cpythons_messages() {
    let define = "def f(a, b, /, c, *, d): pass\n";
    for (call, message) in [
        ("f()", "f() missing 3 required positional arguments: 'a', 'b', and 'c'"),
        ("f(1)", "f() missing 2 required positional arguments: 'b' and 'c'"),
        ("f(1, 2, 3)", "f() missing 1 required keyword-only argument: 'd'"),
        (
            "f(1, 2, 3, 4, d=1)",
            "f() takes 3 positional arguments but 4 positional arguments (and 1 keyword-only argument) were given",
        ),
        ("f(1, 2, c=1, d=2, e=3)", "f() got an unexpected keyword argument 'e'"),
        ("f(1, 2, 3, dd=1)", "f() got an unexpected keyword argument 'dd'. Did you mean 'd'?"),
        ("f(1, 2, 3, c=4, d=1)", "f() got multiple values for argument 'c'"),
        ("f(1, b=1, c=1, d=1)", "f() got some positional-only arguments passed as keyword arguments: 'b'"),
        ("f(*1)", "__main__.f() argument after * must be an iterable, not int"),
        ("f(**{'a': 1}, **{'a': 2})", "__main__.f() got multiple values for keyword argument 'a'"),
    ] {
        check(&format!("{define}{call}\nresult = 0"), &format!("TypeError: {message}"));
    }
    check(
        "def f(a, b=2, *args, c, d=4, **kw): return a, b, args, c, d, kw\n\
         result = f(1, c=3), f(1, 2, 3, 4, c=5, e=6), f(*(1, 2), **{'c': 3, 'z': 4})",
        "((1, 2, (), 3, 4, {}), (1, 2, (3, 4), 5, 4, {'e': 6}), (1, 2, (), 3, 4, {'z': 4}))",
    );
}

#[test]
fn unpacking_counts() {
    check("a, (b, *c), d = 1, (2, 3, 4), 5\nresult = a, b, c, d", "(1, 2, [3, 4], 5)");
    check("a, b = [1]\nresult = 0", "ValueError: not enough values to unpack (expected 2, got 1)");
    check("a, b = 1, 2, 3\nresult = 0", "ValueError: too many values to unpack (expected 2, got 3)");
    check("a, b = iter([1, 2, 3])\nresult = 0", "ValueError: too many values to unpack (expected 2)");
    check("a, *b, c = [1]\nresult = 0", "ValueError: not enough values to unpack (expected at least 2, got 1)");
    check("a, b = 5\nresult = 0", "TypeError: cannot unpack non-iterable int object");
}

#[test]
fn exceptions_find_their_handlers() {
    check(
        "log = []\ndef f(x):\n    try:\n        try:\n            return 1 // x\n        except ZeroDivisionError as e:\n            log.append('z')\n            raise KeyError('k') from e\n        finally:\n            log.append('f')\n    except KeyError as k:\n        return type(k.__cause__).__name__, type(k.__context__).__name__\nresult = f(1), f(0), log",
        "(1, ('ZeroDivisionError', 'ZeroDivisionError'), ['f', 'z', 'f'])",
    );
    check("def f(n): return f(n + 1)\nresult = f(0)", "RecursionError: maximum recursion depth exceeded");
    check("def f(): return x\nx = 1\ndel x\nresult = f()", "NameError: name 'x' is not defined");
    check(
        "def f():\n    if False: y = 1\n    return y\nresult = f()",
        "UnboundLocalError: cannot access local variable 'y' where it is not associated with a value",
    );
    check("raise 5\nresult = 0", "TypeError: exceptions must derive from BaseException");
    check("raise\nresult = 0", "RuntimeError: No active exception to reraise");
    check(
        "class C:\n    def __enter__(self): return 1\n    def __exit__(self, *a): return a[0] is ValueError\n\
         def f(e):\n    with C() as c:\n        raise e\n    return 'swallowed'\nresult = f(ValueError)",
        "'swallowed'",
    );
    check(
        "with 5: pass\nresult = 0",
        "TypeError: 'int' object does not support the context manager protocol (missed __exit__ method)",
    );
}

#[test]
fn generators_keep_their_state() {
    check(
        "def g():\n    got = []\n    while len(got) < 3:\n        got.append((yield len(got)))\n    return got\n\
         def outer():\n    r = yield from g()\n    yield r\n\
         it = outer()\nresult = [it.send(None), it.send('a'), it.send('b'), it.send('c')]",
        "[0, 1, 2, ['a', 'b', 'c']]",
    );
    check(
        "log = []\ndef g():\n    try:\n        yield 1\n    except ValueError:\n        yield 'caught'\n    finally:\n        log.append('closed')\n\
         a = g(); next(a); b = g(); next(b)\nresult = a.throw(ValueError), a.close(), b.close(), log",
        "('caught', None, None, ['closed', 'closed'])",
    );
    check(
        "def g():\n    yield 1\n    raise StopIteration\nresult = list(g())",
        "RuntimeError: generator raised StopIteration",
    );
    check(
        "def g(): yield 1\nit = g()\nit.send(5)\nresult = 0",
        "TypeError: can't send non-None value to a just-started generator",
    );
    check("def g():\n    yield next(it)\nit = g()\nnext(it)\nresult = 0", "ValueError: generator already executing");
    check("result = sum(x * x for x in range(100)), [i for i in (j for j in range(3))]", "(328350, [0, 1, 2])");
}

#[test]
fn coroutines_and_async_generators() {
    let drive =
        "def drive(c):\n    try:\n        while True: c.send(None)\n    except StopIteration as e: return e.value\n";
    check(
        &format!(
            "{drive}async def double(x): return x * 2\n\
             async def main(): return await double(await double(3))\nresult = drive(main())"
        ),
        "12",
    );
    check(
        &format!(
            "{drive}async def gen(n):\n    for i in range(n): yield i\n\
             async def main():\n    return [i async for i in gen(3)] + [i * 10 async for i in gen(2) if i]\nresult = drive(main())"
        ),
        "[0, 1, 2, 10]",
    );
    check(
        &format!(
            "{drive}log = []\nasync def gen():\n    try:\n        while True: log.append((yield))\n    finally: log.append('end')\n\
             async def main():\n    g = gen()\n    await g.asend(None)\n    await g.asend(1)\n    await g.aclose()\n    return log\nresult = drive(main())"
        ),
        "[1, 'end']",
    );
    check(
        &format!("{drive}async def main(): return await 5\nresult = drive(main())"),
        "TypeError: 'int' object can't be awaited",
    );
}

#[test]
fn match_statements() {
    check(
        "class P:\n    __match_args__ = ('x', 'y')\n    def __init__(self, x, y): self.x, self.y = x, y\n\
         def m(v):\n    match v:\n        case 0 | 1: return 'small'\n        case [a, *rest]: return a, rest\n        case {'k': v, **kw}: return v, kw\n        case P(x, y=2): return x\n        case int(n): return n\n        case _: return None\n\
         result = [m(v) for v in (1, [1, 2, 3], {'k': 1, 'z': 2}, P(7, 2), P(7, 3), 99, 'text')]",
        "['small', (1, [2, 3]), (1, {'z': 2}), 7, None, 99, None]",
    );
    check(
        "match 5:\n    case int(1, 2): pass\nresult = 0",
        "TypeError: int() accepts 1 positional sub-pattern (2 given)",
    );
}

#[test]
fn closures_share_their_cells() {
    check(
        "def counter():\n    n = 0\n    def inc():\n        nonlocal n\n        n += 1\n        return n\n    return inc, lambda: n\n\
         inc, get = counter()\ninc(); inc()\nresult = get(), inc.__closure__[0].cell_contents",
        "(2, 2)",
    );
    check(
        "def f():\n    def g(): return late\n    g()\n    late = 1\nf()\nresult = 0",
        "NameError: cannot access free variable 'late' where it is not associated with a value in enclosing scope",
    );
}

#[test]
fn code_frames_and_tracebacks_are_visible() {
    check(
        "def f(a, b=1, *c, d, **e):\n    g = 1\n    return lambda: (a, g)\nc = f.__code__\n\
         result = c.co_varnames, c.co_argcount, c.co_kwonlyargcount, c.co_cellvars, c.replace(co_name='z').co_name, c == c.replace()",
        "(('a', 'b', 'd', 'c', 'e'), 2, 1, ('a', 'g'), 'z', True)",
    );
    check(
        "def f():\n    x = 1\n    1 / 0\ntry:\n    f()\nexcept ZeroDivisionError as e:\n    t = e.__traceback__.tb_next\n\
         result = t.tb_lineno, t.tb_frame.f_code.co_name, dict(t.tb_frame.f_locals)",
        "(3, 'f', {'x': 1})",
    );
    check(
        "def g():\n    yield 1\n    yield 2\nit = g()\nr = [it.gi_frame.f_lineno, it.gi_suspended]\nnext(it)\n\
         r += [it.gi_frame.f_lineno, it.gi_suspended]\nlist(it)\nresult = r + [it.gi_frame]",
        "[1, False, 2, True, None]",
    );
}
