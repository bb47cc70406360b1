//! Argument errors, as CPython 3.14 words them for functions of the same shape.

use super::Keywords;
use crate::class::PyType;
use crate::module_def::ModuleDef;
use crate::object::Native;
use crate::thread::Thread;
use crate::types::descriptors::PyBuiltinFunction;
use crate::types::dict::PyDict;
use crate::types::list::PyList;
use crate::types::module::PyModule;
use crate::types::str::PyStr;
use crate::vm::VmConfig;
use crate::{Args, Gc, PyResult, Value, Vm, py_functions, py_module, py_type};

struct Samples;

#[py_module(name = "samples", doc = "Functions of all shapes.", types(SubList), parts(MORE), setup = set_up)]
impl Samples {
    #[constant]
    const ANSWER: i64 = 42;

    #[constant("big")]
    fn big_number() -> u64 {
        u64::MAX
    }

    #[function("clear()")]
    fn clear() {}

    #[function("append(object, /)")]
    fn append(object: Value) -> Value {
        object
    }

    #[function("pop(index=-1, /)")]
    fn pop(index: isize) -> isize {
        index
    }

    #[function("insert(index, object, /)")]
    fn insert(index: i32, object: Value) -> PyResult<Value> {
        let _ = index;
        Ok(object)
    }

    #[function("replace(old, new, /, count=-1)")]
    fn replace(vm: &Vm, old: Gc<PyStr>, new: Gc<PyStr>, count: isize) -> PyResult<String> {
        let _ = vm;
        Ok(format!("{} {} {count}", old.to_string_lossy(), new.to_string_lossy()))
    }

    #[function("split(sep=None, maxsplit=-1)")]
    fn split(sep: Option<Gc<PyStr>>, maxsplit: isize) -> bool {
        let _ = maxsplit;
        sep.is_none()
    }

    #[function("sort(*, key=None, reverse=False)")]
    fn sort(key: Option<Value>, reverse: bool) -> bool {
        key.is_none() && reverse
    }

    #[function("isclose(a, b, *, rel_tol=1e-09, abs_tol=0.0)")]
    fn isclose(a: f64, b: f64, rel_tol: f64, abs_tol: f64) -> f64 {
        a + b + rel_tol + abs_tol
    }

    #[function("exp(source, /, globals=None, *, closure)")]
    fn exp(module: Gc<PyModule>, source: Value, globals: Option<Gc<PyDict>>, closure: u8) -> u8 {
        let _ = (module, source, globals);
        closure
    }
}

#[py_functions(MORE, of = "samples")]
impl Samples {
    #[function("print(*args, sep=' ', end='')")]
    fn print(vm: &Vm, args: &[Value], sep: Gc<PyStr>, end: Gc<PyStr>) -> PyResult<Gc<PyList>> {
        let list = vm.new_list(args)?;
        list.push(vm, sep.value())?;
        list.push(vm, end.value())?;
        Ok(list)
    }

    #[function("update(first, second=None, /, *args, **kwargs)")]
    fn update(vm: &Vm, first: Value, second: Option<Value>, args: &[Value], kwargs: Keywords<'_>) -> PyResult<usize> {
        let _ = (first, second);
        assert_eq!(kwargs.is_empty(), kwargs.iter().count() == 0);
        Ok(args.len() * 100 + kwargs.to_dict(vm)?.len())
    }

    #[function("anything", raw, signature = "($module, *args, **kwargs)")]
    fn anything(args: Args<'_>) -> usize {
        args.all().len()
    }

    #[function("numbers(a=0, b=0, c=0, d=0, e=0, f=0, /)")]
    fn numbers(a: u8, b: u16, c: u32, d: u64, e: i64, f: i16) {
        let _ = (a, b, c, d, e, f);
    }

    #[function("character(c, /)")]
    #[function("also_character(c, /)")]
    fn character(c: char) -> char {
        c
    }
}

/// A Python type whose instances are those of a struct of its base.
struct SubList;

#[py_type(name = "sublist", module = "samples", base = PyList, instances = PyList, flags(BASETYPE))]
impl SubList {
    #[new("sublist(items=(), /)")]
    fn new(vm: &Vm, class: Gc<PyType>, items: Option<Value>) -> PyResult<Value> {
        let _ = class;
        Ok(items.unwrap_or(vm.new_list(&[])?.value()))
    }

    #[setter("size")]
    fn set_size(vm: &Vm, this: Gc<PyList>, value: Value) -> PyResult<()> {
        this.push(vm, value)
    }

    #[getter("size")]
    fn size(this: &PyList) -> usize {
        this.len()
    }
}

#[test]
fn a_type_over_the_struct_of_its_base() {
    with_samples(|vm, module| {
        let class = vm.native_class(SubList::def());
        assert_eq!(module.dict.get_set().get_str(vm, vm.intern("sublist")), Some(class.value()));
        assert!(class.has_layout(PyList::def()));
        assert_eq!(SubList::def().doc, Some("sublist(items=(), /)\n--\n\n"));
        let new = class.slots().new.unwrap();
        let keywords = Args::with_keywords(&[Value::TRUE], Some(vm.new_tuple(&[vm.intern("x").value()]).unwrap()));
        assert_eq!(outcome(vm, new(vm, class, keywords)), "TypeError: sublist() takes no keyword arguments");
        let two = Args::positional(&[Value::TRUE, Value::TRUE]);
        assert_eq!(outcome(vm, new(vm, class, two)), "TypeError: sublist expected at most 1 argument, got 2");
        let size = &SubList::def().getset[0][0];
        let list = new(vm, class, Args::EMPTY).unwrap();
        size.set.unwrap()(vm, list, Some(Value::NONE)).unwrap();
        assert_eq!(size.get.unwrap()(vm, list).unwrap(), Value::small_int(1));
        let deleted = size.set.unwrap()(vm, list, None).map(|()| Value::NONE);
        assert_eq!(outcome(vm, deleted), "AttributeError: cannot delete attribute");
    });
}

fn set_up(vm: &Vm, module: Gc<PyModule>) -> PyResult<()> {
    module.dict.get_set().set_str(vm, vm.intern("is_set_up"), Value::TRUE)
}

/// A function of the sample module called with positional arguments and keywords.
fn call(vm: &Vm, module: Gc<PyModule>, name: &str, positional: &[Value], keywords: &[(&str, Value)]) -> PyResult {
    let function = module.dict.get_set().get_str(vm, vm.intern(name)).expect("the module has this function");
    let function = vm.cast::<PyBuiltinFunction>(function).expect("a function");
    let values: Vec<Value> = positional.iter().copied().chain(keywords.iter().map(|k| k.1)).collect();
    let names: Vec<Value> = keywords.iter().map(|k| vm.intern(k.0).value()).collect();
    let args = Args::with_keywords(&values, Some(vm.new_tuple(&names)?));
    (function.def.function)(vm, function.this_value(), args)
}

/// The result of a call as text: its value, or the exception's class and message.
fn outcome(vm: &Vm, result: PyResult) -> String {
    match result {
        Ok(value) => match vm.cast::<PyStr>(value) {
            Some(text) => text.to_string_lossy(),
            None => format!("{value:?}"),
        },
        Err(raised) => {
            let exception = vm.take_exception(raised);
            let message = exception.args.get_set().as_slice()[0];
            let message = vm.cast::<PyStr>(message).expect("a message").to_string_lossy();
            format!("{}: {message}", vm.class_name(exception.value()))
        }
    }
}

fn with_samples(check: impl Fn(&Vm, Gc<PyModule>)) {
    static DEF: &ModuleDef = &MODULE;
    let thread = Thread::new(0, 1000);
    let vm = Vm::new(VmConfig::default(), &thread).expect("an isolate");
    let module = vm.new_module_from_def(DEF).unwrap();
    assert!(module.is(DEF));
    check(&vm, module);
}

#[test]
fn a_module_has_what_its_description_says() {
    with_samples(|vm, module| {
        let get = |name: &str| module.dict.get_set().get_str(vm, vm.intern(name)).unwrap();
        assert_eq!(get("ANSWER"), Value::small_int(42));
        assert_eq!(vm.with_int_words(get("big"), |_, words| words.to_vec()), Some(vec![u64::MAX]));
        assert_eq!(get("is_set_up"), Value::TRUE);
        assert_eq!(outcome(vm, Ok(get("__doc__"))), "Functions of all shapes.");
        let signature = |name: &str| vm.cast::<PyBuiltinFunction>(get(name)).unwrap().def.signature.unwrap();
        assert_eq!(signature("clear"), "($module, /)");
        assert_eq!(signature("pop"), "($module, index=-1, /)");
        assert_eq!(signature("split"), "($module, /, sep=None, maxsplit=-1)");
        assert_eq!(signature("anything"), "($module, *args, **kwargs)");
    });
}

#[test]
fn messages() {
    with_samples(|vm, module| {
        let one = Value::small_int(1);
        let text = |s: &str| vm.intern(s).value();
        let a = text("a");
        let check = |name: &str, positional: &[Value], keywords: &[(&str, Value)], expected: &str| {
            assert_eq!(outcome(vm, call(vm, module, name, positional, keywords)), expected, "{name}");
        };
        check("clear", &[], &[], "None");
        check("clear", &[one], &[], "TypeError: samples.clear() takes no arguments (1 given)");
        check("clear", &[], &[("x", one)], "TypeError: samples.clear() takes no keyword arguments");
        check("append", &[one], &[], "int(1)");
        check("append", &[], &[], "TypeError: samples.append() takes exactly one argument (0 given)");
        check("append", &[one, one], &[], "TypeError: samples.append() takes exactly one argument (2 given)");
        check("append", &[], &[("x", one)], "TypeError: samples.append() takes no keyword arguments");
        check("pop", &[], &[], "int(-1)");
        check("pop", &[Value::TRUE], &[], "int(1)");
        check("pop", &[one, one], &[], "TypeError: pop expected at most 1 argument, got 2");
        check("pop", &[], &[("index", one)], "TypeError: samples.pop() takes no keyword arguments");
        check("pop", &[a], &[], "TypeError: 'str' object cannot be interpreted as an integer");
        let huge = vm.new_int_i128(1 << 70).unwrap();
        check("pop", &[huge], &[], "OverflowError: Python int too large to convert to C ssize_t");
        check("insert", &[one], &[], "TypeError: insert expected 2 arguments, got 1");
        check("insert", &[one, one, one], &[], "TypeError: insert expected 2 arguments, got 3");
        let large = Value::small_int(1 << 40);
        check("insert", &[large, one], &[], "OverflowError: Python int too large to convert to C int");
        check("replace", &[a], &[], "TypeError: replace() takes at least 2 positional arguments (1 given)");
        check("replace", &[one, a], &[], "TypeError: replace() argument 1 must be str, not int");
        check("replace", &[a, Value::NONE], &[], "TypeError: replace() argument 2 must be str, not None");
        check("replace", &[a, a], &[("x", one)], "TypeError: replace() got an unexpected keyword argument 'x'");
        check("replace", &[a, a, one, one], &[], "TypeError: replace() takes at most 3 arguments (4 given)");
        check("replace", &[a, a, one], &[("count", one)], "TypeError: replace() takes at most 3 arguments (4 given)");
        check("replace", &[a, a], &[("count", one)], "a a 1");
        check("split", &[one], &[], "TypeError: split() argument 'sep' must be str or None, not int");
        check("split", &[Value::NONE], &[], "True");
        check("split", &[], &[("maxsplit", one), ("sep", a)], "False");
        check(
            "split",
            &[],
            &[("a", one), ("b", one), ("c", one)],
            "TypeError: split() takes at most 2 keyword arguments (3 given)",
        );
        check("split", &[a], &[("sep", one)], "TypeError: argument for split() given by name ('sep') and position (1)");
        check("sort", &[one], &[], "TypeError: sort() takes no positional arguments");
        check("sort", &[one, one, one], &[], "TypeError: sort() takes at most 2 arguments (3 given)");
        check("sort", &[], &[("reverse", one)], "True");
        check("isclose", &[one], &[], "TypeError: isclose() missing required argument 'b' (pos 2)");
        check("isclose", &[one, one, one], &[], "TypeError: isclose() takes exactly 2 positional arguments (3 given)");
        check("isclose", &[a, one], &[], "TypeError: must be real number, not str");
        check("exp", &[one], &[], "TypeError: exp() missing required argument 'closure' (pos 3)");
        check("exp", &[one], &[("closure", large)], "OverflowError: unsigned byte integer is greater than maximum");
        check(
            "exp",
            &[one, one],
            &[("closure", one)],
            "TypeError: exp() argument 'globals' must be dict or None, not int",
        );
        check("exp", &[], &[("closure", one)], "TypeError: exp() takes at least 1 positional argument (0 given)");
        check("exp", &[one], &[("closure", one)], "int(1)");
        check("print", &[one], &[("foo", one)], "TypeError: print() got an unexpected keyword argument 'foo'");
        check("print", &[one], &[("sep", one)], "TypeError: print() argument 'sep' must be str, not int");
        check("update", &[one, one, one, one], &[("x", one)], "int(201)");
        check("update", &[one], &[("first", one)], "int(1)");
        check("update", &[], &[], "TypeError: update() takes at least 1 positional argument (0 given)");
        check("anything", &[one], &[("x", one)], "int(2)");
        check("character", &[a], &[], "a");
        check("also_character", &[], &[], "TypeError: samples.also_character() takes exactly one argument (0 given)");
        check("character", &[one], &[], "TypeError: character() argument must be a unicode character, not int");
        for (place, message) in [
            "OverflowError: unsigned byte integer is less than minimum",
            "ValueError: Cannot convert negative int",
            "ValueError: Cannot convert negative int",
            "ValueError: Cannot convert negative int",
            "None",
            "None",
        ]
        .into_iter()
        .enumerate()
        {
            let mut values = [Value::small_int(0); 6];
            values[place] = Value::small_int(-1);
            check("numbers", &values, &[], message);
        }
        for (place, message) in [
            "OverflowError: Python int too large to convert to C long",
            "OverflowError: Python int too large for C unsigned short",
            "OverflowError: Python int too large for C unsigned int",
            "OverflowError: Python int too large for C unsigned long long",
            "OverflowError: Python int too large to convert to C long",
            "OverflowError: Python int too large to convert to C long",
        ]
        .into_iter()
        .enumerate()
        {
            let mut values = [Value::small_int(0); 6];
            values[place] = huge;
            check("numbers", &values, &[], message);
        }
    });
}
