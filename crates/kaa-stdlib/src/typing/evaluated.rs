//! Bounds, constraints, defaults and values of aliases: given, or evaluated when first asked for.
//! Also `NoDefault`, and the evaluators of what was given.

use std::any::Any;

use kaa_objects::object::{Header, Slot, Visitor};
use kaa_objects::types::generic_alias::type_repr;
use kaa_objects::types::none::PyNone;
use kaa_objects::types::str::PyStr;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::vm::Extension;
use kaa_objects::{Args, Gc, PyResult, Trace, Value, Vm, py_type};

/// A value that may come from a function, called when the value is first asked for.
#[derive(Trace)]
pub struct Evaluated {
    value: Slot,
    /// Takes the format (one of `annotationlib.Format`), by default 1: the value.
    evaluate: Slot,
}

impl Evaluated {
    /// A value that was given, or none at all.
    pub fn given(value: Option<Value>) -> Evaluated {
        Evaluated { value: Slot::maybe(value), evaluate: Slot::empty() }
    }

    /// What a function gives.
    pub fn lazy(evaluate: Value) -> Evaluated {
        Evaluated { value: Slot::empty(), evaluate: Slot::new(evaluate) }
    }

    /// The value, if there is one; `owner` is the object that this is a part of.
    pub fn get<T>(&self, vm: &Vm, owner: Gc<T>) -> PyResult<Option<Value>> {
        if let Some(value) = self.value.get() {
            return Ok(Some(value));
        }
        let Some(evaluate) = self.evaluate.get() else { return Ok(None) };
        let value = vm.call(evaluate, &[])?;
        self.value.set(vm, owner, value);
        Ok(Some(value))
    }

    /// As a default: `NoDefault` when there is none.
    pub fn get_default<T>(&self, vm: &Vm, owner: Gc<T>) -> PyResult {
        Ok(self.get(vm, owner)?.unwrap_or_else(|| no_default(vm)))
    }

    /// Whether it is a default that says something.
    pub fn has_default(&self, vm: &Vm) -> bool {
        self.evaluate.get().is_some() || self.value.get().is_some_and(|value| value != no_default(vm))
    }

    /// The function behind it, or one that gives the value that was given; `None` without either.
    pub fn evaluator(&self, vm: &Vm) -> PyResult {
        if let Some(evaluate) = self.evaluate.get() {
            return Ok(evaluate);
        }
        match self.value.get() {
            Some(value) => {
                let evaluator = PyConstEvaluator { header: Header::EMPTY, value: Slot::new(value) };
                Ok(vm.alloc(evaluator)?.value())
            }
            None => Ok(Value::NONE),
        }
    }

    /// Lets a function give the value.
    pub fn set_evaluate<T>(&self, vm: &Vm, owner: Gc<T>, evaluate: Value) {
        self.evaluate.set(vm, owner, evaluate);
    }

    /// The function that gives the value, if there is one.
    pub fn function(&self) -> Option<Value> {
        self.evaluate.get()
    }
}

/// Gives a value in any format.
#[repr(C)]
#[derive(Trace)]
pub struct PyConstEvaluator {
    header: Header,
    value: Slot,
}

#[py_type(
    name = "_ConstEvaluator",
    module = "_typing",
    flags(DISALLOW_INSTANTIATION, HEAPTYPE, IMMUTABLETYPE),
    doc = "_ConstEvaluator()\n--\n\nInternal type for implementing evaluation functions."
)]
impl PyConstEvaluator {
    #[slot(repr)]
    fn repr(&self, vm: &Vm) -> PyResult<String> {
        Ok(format!("<constevaluator {}>", vm.repr(self.value.get_set())?.to_string_lossy()))
    }

    #[slot(call)]
    fn call(&self, vm: &Vm, args: Args<'_>) -> PyResult {
        const STRING_FORMAT: isize = 4;
        args.no_keywords(vm, "constevaluator.__call__")?;
        let &[format] = args.all() else {
            let given = args.all().len();
            return Err(
                vm.type_error(format_args!("constevaluator.__call__() takes exactly 1 argument ({given} given)"))
            );
        };
        let format = vm.index_to_isize(format, vm.exceptions().OverflowError)?;
        let value = self.value.get_set();
        if format != STRING_FORMAT {
            return Ok(value);
        }
        let Some(row) = vm.cast::<PyTuple>(value) else { return Ok(type_text(vm, value)?.value()) };
        let mut texts = Vec::new();
        for &item in row.as_slice() {
            texts.push(type_text(vm, item)?.to_string_lossy());
        }
        Ok(vm.new_str(&format!("({})", texts.join(", ")))?.value())
    }
}

fn type_text(vm: &Vm, value: Value) -> PyResult<Gc<PyStr>> {
    if value == vm.class::<PyNone>().value() {
        return Ok(vm.intern("None"));
    }
    vm.new_str(&type_repr(vm, value)?)
}

/// The type of `NoDefault`, of which there is one instance.
#[repr(C)]
pub struct PyNoDefault {
    header: Header,
}

#[py_type(
    name = "NoDefaultType",
    layout = values,
    doc = "NoDefaultType()\n--\n\nThe type of the NoDefault singleton."
)]
impl PyNoDefault {
    #[new(raw)]
    fn new(vm: &Vm, _class: Gc<kaa_objects::class::PyType>, args: Args<'_>) -> PyResult {
        if !args.is_empty() {
            return Err(vm.type_error("NoDefaultType takes no arguments"));
        }
        Ok(no_default(vm))
    }

    #[slot(repr)]
    fn repr(&self) -> &'static str {
        "typing.NoDefault"
    }

    #[method("__reduce__($self, /)")]
    fn reduce(&self) -> &'static str {
        "NoDefault"
    }
}

/// The one `NoDefault` of the isolate.
struct NoDefault(Slot);

impl Extension for NoDefault {
    fn trace(&mut self, visitor: &mut Visitor<'_>) {
        self.0.trace(visitor);
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// `typing.NoDefault`: says that a type parameter has no default.
pub fn no_default(vm: &Vm) -> Value {
    let made = vm.extension(|vm| {
        let object = vm.alloc_immovable(PyNoDefault { header: Header::EMPTY });
        NoDefault(Slot::new(object.expect("memory for NoDefault").value()))
    });
    made.0.get_set()
}
