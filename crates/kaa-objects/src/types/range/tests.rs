//! Expected values come from CPython 3.14.

use super::{PyLongRangeIterator, PyRange, PyRangeIterator};
use crate::class::CompareOp;
use crate::thread::Thread;
use crate::types::slice::PySlice;
use crate::vm::VmConfig;
use crate::{Args, Gc, PyResult, Value, Vm};

fn with_vm(check: impl Fn(&Vm)) {
    let thread = Thread::new(0, 1000);
    let vm = Vm::new(VmConfig::default(), &thread).expect("an isolate");
    check(&vm);
}

fn int(vm: &Vm, i: i128) -> Value {
    vm.new_int_i128(i).unwrap()
}

fn number(vm: &Vm, value: Value) -> i128 {
    let words = vm.with_int_words(value, |negative, words| {
        let magnitude = words.iter().rev().fold(0i128, |sum, &word| sum << 64 | i128::from(word));
        if negative { -magnitude } else { magnitude }
    });
    words.expect("an int")
}

fn range(vm: &Vm, members: [i128; 3]) -> Gc<PyRange> {
    let [start, stop, step] = members.map(|member| int(vm, member));
    vm.new_range(start, stop, step).unwrap()
}

fn members(vm: &Vm, range: Value) -> [i128; 3] {
    let range = vm.cast::<PyRange>(range).expect("a range");
    [range.start(), range.stop(), range.step()].map(|member| number(vm, member))
}

fn items(vm: &Vm, iterator: Value) -> Vec<i128> {
    let mut items = Vec::new();
    while let Some(item) = vm.next(iterator).unwrap() {
        items.push(number(vm, item));
    }
    items
}

fn method(vm: &Vm, object: Value, name: &str, args: &[Value]) -> PyResult {
    let class = vm.class_of(object);
    let method = class.native.get().methods.iter().copied().flatten().find(|method| method.name == name);
    (method.expect("a method of this name").function)(vm, object, Args::positional(args))
}

fn message<T>(vm: &Vm, result: PyResult<T>) -> String {
    let Err(raised) = result else { return "nothing raised".to_owned() };
    let exception = vm.take_exception(raised);
    let text = vm.cast::<crate::types::str::PyStr>(exception.args.get_set().as_slice()[0]);
    format!("{}: {}", vm.class_name(exception.value()), text.unwrap().to_string_lossy())
}

#[test]
fn construction() {
    with_vm(|vm| {
        let class = vm.class::<PyRange>();
        let new = class.slots().new.unwrap();
        let call = |args: &[Value]| new(vm, class, Args::positional(args));
        let i = Value::small_int;
        assert_eq!(members(vm, call(&[i(5)]).unwrap()), [0, 5, 1]);
        assert_eq!(members(vm, call(&[Value::TRUE, i(5)]).unwrap()), [1, 5, 1]);
        assert_eq!(members(vm, call(&[i(1), i(5), i(-2)]).unwrap()), [1, 5, -2]);
        assert_eq!(message(vm, call(&[])), "TypeError: range expected at least 1 argument, got 0");
        assert_eq!(message(vm, call(&[i(1); 4])), "TypeError: range expected at most 3 arguments, got 4");
        assert_eq!(message(vm, call(&[i(1), i(2), i(0)])), "ValueError: range() arg 3 must not be zero");
        let text = vm.intern("a").value();
        assert_eq!(message(vm, call(&[text])), "TypeError: 'str' object cannot be interpreted as an integer");
        let names = vm.new_tuple(&[text]).unwrap();
        let keywords = new(vm, class, Args::with_keywords(&[i(1)], Some(names)));
        assert_eq!(message(vm, keywords), "TypeError: range() takes no keyword arguments");
    });
}

#[test]
fn lengths_and_items() {
    with_vm(|vm| {
        for start in -7..8 {
            for stop in -7..8 {
                for step in (-4..5).filter(|&step| step != 0) {
                    let subject = range(vm, [start, stop, step]);
                    let mut expected = Vec::new();
                    let mut at = start;
                    while if step > 0 { at < stop } else { at > stop } {
                        expected.push(at);
                        at += step;
                    }
                    let value = subject.value();
                    assert_eq!(vm.len(value).unwrap(), expected.len());
                    assert_eq!(items(vm, vm.iter(value).unwrap()), expected);
                    let reversed = method(vm, value, "__reversed__", &[]).unwrap();
                    assert_eq!(items(vm, reversed), expected.iter().rev().copied().collect::<Vec<_>>());
                    for candidate in -8..9 {
                        let index = expected.iter().position(|&item| item == candidate);
                        let candidate = int(vm, candidate);
                        assert_eq!(vm.contains(value, candidate).unwrap(), index.is_some());
                        let count = method(vm, value, "count", &[candidate]).unwrap();
                        assert_eq!(count, Value::small_int(index.is_some().into()));
                        let found = method(vm, value, "index", &[candidate]);
                        match index {
                            Some(index) => assert_eq!(found.unwrap(), Value::small_int(index as i64)),
                            None => assert_eq!(message(vm, found), "ValueError: range.index(x): x not in range"),
                        }
                    }
                }
            }
        }
    });
}

#[test]
fn subscripts() {
    with_vm(|vm| {
        let ten = range(vm, [0, 10, 1]).value();
        let get = |key: Value| vm.get_item(ten, key);
        let i = Value::small_int;
        assert_eq!((get(i(-1)).unwrap(), get(Value::TRUE).unwrap()), (i(9), i(1)));
        for index in [10, -11, i128::from(i64::MAX)] {
            assert_eq!(message(vm, get(int(vm, index))), "IndexError: range object index out of range");
        }
        let text = vm.intern("a").value();
        assert_eq!(message(vm, get(text)), "TypeError: range indices must be integers or slices, not str");
        let slice = |start: Option<i64>, stop: Option<i64>, step: Option<i64>| {
            let member = |member: Option<i64>| member.map_or(Value::NONE, i);
            vm.new_slice(member(start), member(stop), member(step)).unwrap().value()
        };
        let sliced = |key: Value| members(vm, get(key).unwrap());
        assert_eq!(sliced(slice(Some(2), Some(5), None)), [2, 5, 1]);
        assert_eq!(sliced(slice(None, None, Some(-1))), [9, -1, -1]);
        assert_eq!(sliced(slice(None, None, Some(3))), [0, 10, 3]);
        assert_eq!(sliced(slice(Some(20), Some(30), None)), [10, 10, 1]);
        let sevens = range(vm, [1, 100, 7]).value();
        let key = slice(Some(2), Some(50), Some(-3));
        assert_eq!(members(vm, vm.get_item(sevens, key).unwrap()), [15, 99, -21]);
        let zero = slice(None, None, Some(0));
        assert_eq!(message(vm, get(zero)), "ValueError: slice step cannot be zero");
        let bad = vm.new_slice(text, Value::NONE, Value::NONE).unwrap().value();
        let expected = "TypeError: slice indices must be integers or None or have an __index__ method";
        assert_eq!(message(vm, get(bad)), expected);
    });
}

#[test]
fn equality_and_hash() {
    with_vm(|vm| {
        let equal = |a, b| vm.compare_bool(range(vm, a).value(), range(vm, b).value(), CompareOp::Eq).unwrap();
        assert!(equal([0, 3, 2], [0, 4, 2]) && equal([0, 0, 1], [5, 5, 3]) && equal([1, 2, 1], [1, 9, 99]));
        assert!(!equal([0, 3, 1], [0, 4, 1]) && !equal([0, 2, 1], [0, 4, 2]));
        let hash = |members| vm.hash(range(vm, members).value()).unwrap();
        assert_eq!(hash([0, 0, 1]), 2676694398852732306);
        assert_eq!(hash([0, 1, 1]), -6721383568238688696);
        assert_eq!(hash([0, 3, 1]), -8338477496398685190);
    });
}

#[test]
fn iterators_at_the_ends_of_64_bits() {
    with_vm(|vm| {
        let (min, max) = (i128::from(i64::MIN), i128::from(i64::MAX));
        let iterator = |members| vm.iter(range(vm, members).value()).unwrap();
        let is_long = |iterator| vm.cast::<PyLongRangeIterator>(iterator).is_some();
        assert!(!is_long(iterator([0, max, 1])));
        for members in [[0, max + 1, 1], [min, 0, 1], [0, 5, 1 << 70], [max - 9, max, 5], [max - 9, max, 20]] {
            assert!(is_long(iterator(members)), "{members:?}");
        }
        assert_eq!(items(vm, iterator([max - 9, max, 5])), [max - 9, max - 4]);
        assert_eq!(items(vm, iterator([max - 2, max + 1, 1])), [max - 2, max - 1, max]);
        assert_eq!(items(vm, iterator([min + 2, min - 1, -1])), [min + 2, min + 1, min]);
        let reversed = |members| method(vm, range(vm, members).value(), "__reversed__", &[]).unwrap();
        assert_eq!(items(vm, reversed([min, min + 3, 1])), [min + 2, min + 1, min]);
        assert!(is_long(reversed([min, 5, 1])));
    });
}

#[test]
fn state_of_iterators() {
    with_vm(|vm| {
        let set = |iterator: Value, state: Value| method(vm, iterator, "__setstate__", &[state]);
        for base in [0, i128::from(i64::MAX)] {
            for (state, first) in [(0, 0), (2, 2), (5, 5), (7, 5), (-3, 0)] {
                let iterator = vm.iter(range(vm, [base, base + 5, 1]).value()).unwrap();
                set(iterator, int(vm, state)).unwrap();
                assert_eq!(items(vm, iterator), (base + first..base + 5).collect::<Vec<_>>());
                assert_eq!(method(vm, iterator, "__length_hint__", &[]).unwrap(), Value::small_int(0));
            }
        }
        let iterator = vm.iter(range(vm, [0, 5, 1]).value()).unwrap();
        assert!(vm.cast::<PyRangeIterator>(iterator).is_some());
        let huge = int(vm, 1 << 70);
        assert_eq!(message(vm, set(iterator, huge)), "OverflowError: Python int too large to convert to C long");
        let long = vm.iter(range(vm, [0, 1 << 64, 1]).value()).unwrap();
        assert_eq!(message(vm, set(long, Value::TRUE)), "TypeError: state must be an int, not bool");
    });
}

#[test]
fn slices_of_sequences() {
    with_vm(|vm| {
        let text = |slice: Gc<PySlice>| {
            let [start, stop, step] = slice.long_indices(vm, Value::small_int(5)).unwrap().map(|i| number(vm, i));
            [start, stop, step]
        };
        for start in -7..8i64 {
            for stop in -7..8i64 {
                for step in (-3..4).filter(|&step| step != 0) {
                    let [a, b, c] = [start, stop, step].map(Value::small_int);
                    let slice = vm.new_slice(a, b, c).unwrap();
                    let cut = slice.unpack(vm).unwrap().adjust(5);
                    assert_eq!(text(slice)[0], cut.start as i128);
                    assert_eq!(cut.len, range(vm, text(slice)).length().as_small_int().unwrap() as usize);
                }
            }
        }
        let huge = int(vm, 1 << 70);
        let slice = vm.new_slice(Value::NONE, huge, huge).unwrap();
        assert_eq!(slice.unpack(vm).unwrap().adjust(5).indices().collect::<Vec<_>>(), [0]);
    });
}
