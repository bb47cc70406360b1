//! Classes made at run time, with native functions in the place of methods.

use super::{CompareOp, MethodDef, MethodKind, PyType};
use crate::args::Args;
use crate::object::{Header, Slot};
use crate::operations::BinaryOp;
use crate::thread::Thread;
use crate::types::descriptors::PyMethodDescriptor;
use crate::types::exceptions::PyBaseException;
use crate::types::object::PyObject;
use crate::vm::VmConfig;
use crate::{Gc, PyResult, Raised, Value, Vm};

fn with_vm(test: impl FnOnce(&Vm)) {
    let thread = Thread::new(0, 1000);
    let vm = Vm::new(VmConfig::default(), &thread).unwrap();
    test(&vm);
}

/// The text of an exception: «TypeError: message».
fn message(vm: &Vm, raised: Raised) -> String {
    let exception: Gc<PyBaseException> = vm.take_exception(raised);
    let args = exception.args.get_set();
    let text = args.as_slice().first().map_or_else(String::new, |text| vm.str_lossy(*text));
    format!("{}: {text}", vm.class_name(exception.value()))
}

fn error_of<T>(vm: &Vm, result: PyResult<T>) -> String {
    match result {
        Ok(_) => panic!("no exception"),
        Err(raised) => message(vm, raised),
    }
}

fn must<T>(vm: &Vm, result: PyResult<T>) -> T {
    result.unwrap_or_else(|raised| panic!("{}", message(vm, raised)))
}

/// A class with these bases and attributes.
fn class(vm: &Vm, name: &str, bases: &[Value], attributes: &[(&str, Value)]) -> PyResult<Gc<PyType>> {
    let namespace = vm.new_dict()?;
    for (name, value) in attributes {
        namespace.set_str(vm, vm.intern(name), *value)?;
    }
    let args = [vm.new_str(name)?.value(), vm.new_tuple(bases)?.value(), namespace.value()];
    let class = vm.call(vm.class::<PyType>().value(), &args)?;
    Ok(vm.cast(class).unwrap())
}

/// A native function that binds as a method of any object.
fn method(vm: &Vm, def: &'static MethodDef) -> Value {
    let class = Slot::new(vm.class::<PyObject>());
    vm.alloc(PyMethodDescriptor { header: Header::EMPTY, def, class }).unwrap().value()
}

macro_rules! function {
    ($name:ident, $python:literal, $body:expr) => {
        static $name: MethodDef = MethodDef {
            name: $python,
            signature: None,
            doc: None,
            kind: MethodKind::Instance,
            function: {
                fn call(vm: &Vm, this: Value, args: Args<'_>) -> PyResult {
                    let body: fn(&Vm, Value, Args<'_>) -> PyResult = $body;
                    body(vm, this, args)
                }
                call
            },
        };
    };
}

function!(ADD, "__add__", |vm, _, args| Ok(vm.new_str(&format!("add {}", vm.class_name(args.all()[0])))?.value()));
function!(RADD, "__radd__", |vm, _, args| Ok(vm.new_str(&format!("radd {}", vm.class_name(args.all()[0])))?.value()));
function!(REFUSE, "__add__", |_, _, _| Ok(Value::NOT_IMPLEMENTED));
function!(FIVE, "__len__", |_, _, _| Ok(Value::small_int(5)));
function!(NEGATIVE, "__len__", |_, _, _| Ok(Value::small_int(-1)));
function!(GETATTR, "__getattr__", |_, _, args| Ok(args.all()[0]));
function!(INIT, "__init__", |vm, this, args| {
    vm.set_attr(this, vm.intern("x"), args.all()[0])?;
    Ok(Value::NONE)
});

fn instance(vm: &Vm, class: Gc<PyType>) -> Value {
    vm.call(class.value(), &[]).unwrap()
}

#[test]
fn attributes_live_in_slots_then_overflow_then_in_a_dict() {
    with_vm(|vm| {
        let class = class(vm, "C", &[], &[]).unwrap();
        let (a, b) = (instance(vm, class), instance(vm, class));
        for i in 0..200 {
            let name = vm.intern(&format!("attribute{i}"));
            vm.set_attr(a, name, Value::small_int(i)).unwrap();
            if i < 100 {
                vm.set_attr(b, name, Value::small_int(-i)).unwrap();
                assert_eq!(a.shape_id(), b.shape_id(), "objects with the same history share shapes");
            }
            for j in [0, i / 2, i] {
                let name = vm.intern(&format!("attribute{j}"));
                assert_eq!(vm.get_attr(a, name).unwrap(), Value::small_int(j));
            }
        }
        assert_eq!(a.shape_id(), class.dict_shape.get());
        let name = vm.intern("attribute99");
        let shape = b.shape_id();
        vm.del_attr(b, name).unwrap();
        assert_ne!(b.shape_id(), class.dict_shape.get(), "deleting the last attribute undoes its addition");
        assert_eq!(error_of(vm, vm.get_attr(b, name)), "AttributeError: 'C' object has no attribute 'attribute99'");
        vm.set_attr(b, name, Value::ELLIPSIS).unwrap();
        assert_eq!(b.shape_id(), shape);
        vm.del_attr(b, vm.intern("attribute3")).unwrap();
        assert_eq!(b.shape_id(), class.dict_shape.get());
        let dict = vm.instance_dict(b).unwrap().unwrap();
        assert_eq!(dict.len(), 99);
        assert_eq!(vm.get_attr(b, vm.names().__dict__).unwrap(), dict.value());
        dict.set_str(vm, vm.intern("new"), Value::NONE).unwrap();
        assert!(vm.get_attr(b, vm.intern("new")).unwrap().is_none());
        assert_eq!(
            error_of(vm, vm.del_attr(b, vm.intern("gone"))),
            "AttributeError: 'C' object has no attribute 'gone'"
        );
    });
}

#[test]
fn attributes_survive_collections() {
    with_vm(|vm| {
        let class = class(vm, "C", &[], &[]).unwrap();
        let list = vm.new_list(&[]).unwrap();
        for i in 0..20_000i64 {
            let object = instance(vm, class);
            for name in ["a", "b", "c", "d", "e", "f"] {
                vm.set_attr(object, vm.intern(name), vm.new_str(&format!("{name}{i}")).unwrap().value()).unwrap();
            }
            if i % 7 == 0 {
                vm.instance_dict(object).unwrap();
            }
            list.push(vm, object).unwrap();
        }
        for i in 0..list.len() {
            for name in ["a", "f"] {
                let value = vm.get_attr(list.get(i).unwrap(), vm.intern(name)).unwrap();
                assert_eq!(vm.str_lossy(value), format!("{name}{i}"));
            }
        }
    });
}

#[test]
fn slots_make_members_and_no_dict() {
    with_vm(|vm| {
        let names = vm.new_tuple(&[vm.intern("b").value(), vm.intern("a").value()]).unwrap();
        let base = class(vm, "S", &[], &[("__slots__", names.value())]).unwrap();
        let object = instance(vm, base);
        let (a, b, c) = (vm.intern("a"), vm.intern("b"), vm.intern("c"));
        assert_eq!(error_of(vm, vm.get_attr(object, a)), "AttributeError: 'S' object has no attribute 'a'");
        vm.set_attr(object, a, Value::ELLIPSIS).unwrap();
        vm.set_attr(object, b, Value::NONE).unwrap();
        assert_eq!(vm.get_attr(object, a).unwrap(), Value::ELLIPSIS);
        assert_eq!(vm.get_attr(object, b).unwrap(), Value::NONE);
        assert_eq!(
            error_of(vm, vm.set_attr(object, c, Value::NONE)),
            "AttributeError: 'S' object has no attribute 'c' and no __dict__ for setting new attributes"
        );
        vm.del_attr(object, a).unwrap();
        assert_eq!(error_of(vm, vm.del_attr(object, a)), "AttributeError: a");
        // A subclass has the members at the same places, and a dict of its own.
        let derived = class(vm, "T", &[base.value()], &[]).unwrap();
        let object = instance(vm, derived);
        for (name, value) in [(a, 1), (b, 2), (c, 3)] {
            vm.set_attr(object, name, Value::small_int(value)).unwrap();
        }
        assert_eq!(vm.instance_dict(object).unwrap().unwrap().len(), 1);
        assert_eq!(vm.get_attr(object, b).unwrap(), Value::small_int(2));
        let other = class(vm, "U", &[], &[("__slots__", vm.intern("z").value())]).unwrap();
        assert_eq!(
            error_of(vm, class(vm, "V", &[base.value(), other.value()], &[])),
            "TypeError: multiple bases have instance lay-out conflict"
        );
    });
}

#[test]
fn the_mro_is_c3() {
    with_vm(|vm| {
        let a = class(vm, "A", &[], &[]).unwrap();
        let b = class(vm, "B", &[a.value()], &[]).unwrap();
        let c = class(vm, "C", &[a.value()], &[]).unwrap();
        let d = class(vm, "D", &[b.value(), c.value()], &[]).unwrap();
        let names: Vec<String> =
            d.mro_slice().iter().map(|base| vm.cast::<PyType>(*base).unwrap().name_text()).collect();
        assert_eq!(names, ["D", "B", "C", "A", "object"]);
        assert_eq!(
            error_of(vm, class(vm, "E", &[a.value(), b.value()], &[])),
            "TypeError: Cannot create a consistent method resolution order (MRO) for bases A, B"
        );
        assert_eq!(error_of(vm, class(vm, "E", &[a.value(), a.value()], &[])), "TypeError: duplicate base class A");
        assert_eq!(
            error_of(vm, class(vm, "E", &[vm.class::<crate::types::none::PyNone>().value()], &[])),
            "TypeError: type 'NoneType' is not an acceptable base type"
        );
    });
}

#[test]
fn special_methods_fill_slots() {
    with_vm(|vm| {
        let (add, radd) = (method(vm, &ADD), method(vm, &RADD));
        let base = class(vm, "A", &[], &[("__add__", add), ("__len__", method(vm, &FIVE))]).unwrap();
        let derived = class(vm, "B", &[base.value()], &[("__radd__", radd)]).unwrap();
        let (a, b) = (instance(vm, base), instance(vm, derived));
        let sum = |left, right| vm.binary(BinaryOp::Add, left, right).map(|sum| vm.str_lossy(sum));
        assert_eq!(sum(a, Value::small_int(1)).unwrap(), "add int");
        assert_eq!(sum(b, Value::NONE).unwrap(), "add NoneType");
        assert!(sum(a, b).unwrap() == "radd A", "the subclass's reflected method comes first");
        assert_eq!(sum(Value::NONE, b).unwrap(), "radd NoneType");
        assert_eq!(
            error_of(vm, sum(Value::NONE, a)),
            "TypeError: unsupported operand type(s) for +: 'NoneType' and 'A'"
        );
        assert_eq!(vm.len(b).unwrap(), 5);
        assert!(vm.truth(a).unwrap());
        // Changing the base changes the derived class.
        vm.set_attr(base.value(), vm.names().__len__, method(vm, &NEGATIVE)).unwrap();
        assert_eq!(error_of(vm, vm.len(b)), "ValueError: __len__() should return >= 0");
        vm.del_attr(base.value(), vm.names().__len__).unwrap();
        assert_eq!(error_of(vm, vm.len(b)), "TypeError: object of type 'B' has no len()");
        vm.set_attr(base.value(), vm.names().__add__, method(vm, &REFUSE)).unwrap();
        assert_eq!(
            error_of(vm, sum(a, Value::ELLIPSIS)),
            "TypeError: unsupported operand type(s) for +: 'A' and 'ellipsis'"
        );
    });
}

#[test]
fn getattr_falls_back_and_eq_removes_hash() {
    with_vm(|vm| {
        let class_ = class(vm, "G", &[], &[("__getattr__", method(vm, &GETATTR)), ("__eq__", method(vm, &REFUSE))]);
        let class_ = class_.unwrap();
        let object = instance(vm, class_);
        assert_eq!(vm.str_lossy(must(vm, vm.get_attr(object, vm.intern("anything")))), "anything");
        vm.set_attr(object, vm.intern("own"), Value::ELLIPSIS).unwrap();
        assert_eq!(vm.get_attr(object, vm.intern("own")).unwrap(), Value::ELLIPSIS);
        assert_eq!(error_of(vm, vm.hash(object)), "TypeError: unhashable type: 'G'");
        assert_eq!(vm.compare(object, object, CompareOp::Eq).unwrap(), Value::TRUE);
        assert_eq!(
            error_of(vm, vm.compare(object, object, CompareOp::Lt)),
            "TypeError: '<' not supported between instances of 'G' and 'G'"
        );
    });
}

#[test]
fn calls_check_arguments() {
    with_vm(|vm| {
        let plain = class(vm, "C", &[], &[]).unwrap();
        assert_eq!(error_of(vm, vm.call(plain.value(), &[Value::NONE])), "TypeError: C() takes no arguments");
        let with_init = class(vm, "D", &[], &[("__init__", method(vm, &INIT))]).unwrap();
        let object = must(vm, vm.call(with_init.value(), &[Value::ELLIPSIS]));
        assert_eq!(vm.get_attr(object, vm.intern("x")).unwrap(), Value::ELLIPSIS);
        let object = vm.class::<PyObject>().value();
        assert_eq!(error_of(vm, vm.call(object, &[Value::NONE])), "TypeError: object() takes no arguments");
        let new = vm.get_attr(object, vm.names().__new__).unwrap();
        assert_eq!(error_of(vm, vm.call(new, &[])), "TypeError: object.__new__(): not enough arguments");
        assert_eq!(
            error_of(vm, vm.call(new, &[Value::small_int(5)])),
            "TypeError: object.__new__(X): X is not a type object (int)"
        );
        let setattr = vm.get_attr(object, vm.names().__setattr__).unwrap();
        let int = vm.class_of(Value::small_int(1)).value();
        assert_eq!(
            error_of(vm, vm.call(setattr, &[int, vm.intern("a").value(), Value::NONE])),
            "TypeError: can't apply this __setattr__ to type object"
        );
        assert_eq!(
            error_of(vm, vm.set_attr(int, vm.intern("x"), Value::NONE)),
            "TypeError: cannot set 'x' attribute of immutable type 'int'"
        );
        assert_eq!(
            error_of(vm, vm.get_attr(plain.value(), vm.intern("zz"))),
            "AttributeError: type object 'C' has no attribute 'zz'"
        );
    });
}

#[test]
fn a_class_can_be_replaced_by_one_of_the_same_layout() {
    with_vm(|vm| {
        let (a, b) = (class(vm, "A", &[], &[]).unwrap(), class(vm, "B", &[], &[]).unwrap());
        let object = instance(vm, a);
        vm.set_attr(object, vm.intern("x"), Value::ELLIPSIS).unwrap();
        vm.set_attr(object, vm.names().__class__, b.value()).unwrap();
        assert_eq!(vm.class_of(object), b);
        assert_eq!(vm.get_attr(object, vm.intern("x")).unwrap(), Value::ELLIPSIS);
        let slotted = class(vm, "S", &[], &[("__slots__", vm.intern("z").value())]).unwrap();
        assert_eq!(
            error_of(vm, vm.set_attr(object, vm.names().__class__, slotted.value())),
            "TypeError: __class__ assignment: 'S' object layout differs from 'B'"
        );
        // Bases can be replaced, too; lookups follow.
        vm.set_attr(a.value(), vm.intern("inherited"), Value::small_int(7)).unwrap();
        let c = class(vm, "C", &[b.value()], &[]).unwrap();
        let object = instance(vm, c);
        assert!(vm.get_attr_optional(object, vm.intern("inherited")).unwrap().is_none());
        let bases = vm.new_tuple(&[a.value()]).unwrap();
        vm.set_attr(c.value(), vm.names().__bases__, bases.value()).unwrap();
        assert_eq!(vm.get_attr(object, vm.intern("inherited")).unwrap(), Value::small_int(7));
        assert_eq!(
            error_of(vm, vm.set_attr(a.value(), vm.names().__bases__, vm.new_tuple(&[c.value()]).unwrap().value())),
            "TypeError: a __bases__ item causes an inheritance cycle"
        );
    });
}

#[test]
fn inline_caches_know_where_attributes_are() {
    use crate::attributes::{LoadKind, StoreKind};
    with_vm(|vm| {
        let class = class(vm, "C", &[], &[("m", method(vm, &FIVE)), ("k", Value::ELLIPSIS)]).unwrap();
        let object = instance(vm, class);
        let shape =
            |vm: &Vm| object.as_object().map(|object| object.shape_id()).map(|id| vm.shapes.get(id) as *const _);
        // SAFETY: shapes live as long as the isolate.
        let shape = || unsafe { &*shape(vm).unwrap() };
        let x = vm.intern("x");
        assert_eq!(vm.load_kind(shape(), x), LoadKind::Missing);
        assert!(matches!(vm.store_kind(shape(), x), StoreKind::Add { .. }));
        let StoreKind::Add { offset, shape: next } = vm.store_kind(shape(), x) else { unreachable!() };
        vm.set_attr(object, x, Value::NONE).unwrap();
        assert_eq!(object.shape_id(), next);
        assert_eq!(vm.load_kind(shape(), x), LoadKind::Slot { offset });
        assert_eq!(vm.store_kind(shape(), x), StoreKind::Slot { offset });
        assert!(matches!(vm.load_kind(shape(), vm.intern("m")), LoadKind::Method(_)));
        assert_eq!(vm.load_kind(shape(), vm.intern("k")), LoadKind::ClassValue(Value::ELLIPSIS));
        vm.instance_dict(object).unwrap();
        assert!(matches!(vm.load_kind(shape(), x), LoadKind::Dict { class_attribute: None, .. }));
    });
}
