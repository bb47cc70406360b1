//! Template strings: `Template` and `Interpolation` of `string.templatelib` (PEP 750).
//! CPython: Objects/templateobject.c, Objects/interpolationobject.c.

use std::cell::Cell;
use std::mem::offset_of;

use crate::class::PyType;
use crate::object::{Header, Slot};
use crate::types::descriptors::MemberKind;
use crate::types::generic_alias::PyGenericAlias;
use crate::types::str::{PyStr, StrBuilder};
use crate::types::tuple::PyTuple;
use crate::types::value_vec::ValueVec;
use crate::{Args, Gc, PyResult, Trace, Value, Vm, py_type};

/// A `Template`: one string more than interpolations, which stand between the strings.
#[repr(C)]
#[derive(Trace)]
pub struct PyTemplate {
    header: Header,
    strings: Slot<Gc<PyTuple>>,
    interpolations: Slot<Gc<PyTuple>>,
}

/// An `Interpolation`: a value and how it was written.
#[repr(C)]
#[derive(Trace)]
pub struct PyInterpolation {
    header: Header,
    value: Slot,
    expression: Slot,
    conversion: Slot,
    format_spec: Slot,
}

/// Iterates over a template: strings that are not empty, and interpolations.
#[repr(C)]
#[derive(Trace)]
pub struct PyTemplateIter {
    header: Header,
    template: Slot<Gc<PyTemplate>>,
    /// How many strings and interpolations were passed, counted together.
    index: Cell<usize>,
}

impl Vm {
    /// A template of strings and interpolations, tuples of the right lengths.
    pub fn new_template(&self, strings: Gc<PyTuple>, interpolations: Gc<PyTuple>) -> PyResult<Gc<PyTemplate>> {
        debug_assert_eq!(strings.len(), interpolations.len() + 1);
        let (strings, interpolations) = (Slot::new(strings), Slot::new(interpolations));
        self.alloc(PyTemplate { header: Header::EMPTY, strings, interpolations })
    }

    /// An interpolation; `conversion` is `None` or one letter.
    pub fn new_interpolation(
        &self,
        value: Value,
        expression: Value,
        conversion: Value,
        format_spec: Value,
    ) -> PyResult<Gc<PyInterpolation>> {
        self.alloc(PyInterpolation {
            header: Header::EMPTY,
            value: Slot::new(value),
            expression: Slot::new(expression),
            conversion: Slot::new(conversion),
            format_spec: Slot::new(format_spec),
        })
    }
}

fn template_members(vm: &Vm, class: Gc<PyType>) -> PyResult<()> {
    let kind = MemberKind::ReadOnly;
    vm.add_members(
        class,
        &[
            ("strings", offset_of!(PyTemplate, strings), kind, "Strings"),
            ("interpolations", offset_of!(PyTemplate, interpolations), kind, "Interpolations"),
        ],
    )
}

/// Joins strings that adjoin, so that they alternate with the interpolations.
fn collect(vm: &Vm, parts: &[Value]) -> PyResult<Gc<PyTemplate>> {
    let (mut strings, mut interpolations) = (ValueVec::new(), ValueVec::new());
    let mut last = vm.intern("");
    for &part in parts {
        if let Some(text) = vm.cast::<PyStr>(part) {
            last = if last.is_empty() { text } else { vm.concat_str(last, text)? };
        } else if vm.cast_exact::<PyInterpolation>(part).is_some() {
            strings.push(vm, last.value())?;
            interpolations.push(vm, part)?;
            last = vm.intern("");
        } else {
            let class = vm.class_name(part);
            return Err(vm.type_error(format_args!(
                "Template.__new__ *args need to be of type 'str' or 'Interpolation', got {class}"
            )));
        }
    }
    strings.push(vm, last.value())?;
    vm.new_template(strings.to_tuple(vm)?, interpolations.to_tuple(vm)?)
}

#[py_type(
    name = "Template",
    module = "string.templatelib",
    layout = custom,
    setup = template_members,
    doc = "Template object"
)]
impl PyTemplate {
    #[new(raw)]
    fn new(vm: &Vm, _class: Gc<PyType>, args: Args<'_>) -> PyResult<Gc<PyTemplate>> {
        if args.kwnames().is_some() {
            return Err(vm.type_error("Template.__new__ only accepts *args arguments"));
        }
        collect(vm, args.positionals())
    }

    #[slot(repr)]
    fn repr(&self, vm: &Vm) -> PyResult<Gc<PyStr>> {
        let mut out = StrBuilder::default();
        out.push_str("Template(strings=");
        out.push_py(&*vm.repr(self.strings.get_set().value())?);
        out.push_str(", interpolations=");
        out.push_py(&*vm.repr(self.interpolations.get_set().value())?);
        out.push_str(")");
        out.finish(vm)
    }

    #[slot(iter)]
    fn iter(vm: &Vm, this: Gc<PyTemplate>) -> PyResult<Gc<PyTemplateIter>> {
        vm.alloc(PyTemplateIter { header: Header::EMPTY, template: Slot::new(this), index: Cell::new(0) })
    }

    #[slot(sq_concat)]
    fn concat(vm: &Vm, a: Value, b: Value) -> PyResult<Gc<PyTemplate>> {
        let (Some(left), Some(right)) = (vm.cast::<PyTemplate>(a), vm.cast::<PyTemplate>(b)) else {
            let class = vm.class_name(b);
            return Err(vm.type_error(format_args!(
                "can only concatenate string.templatelib.Template (not \"{class}\") to string.templatelib.Template"
            )));
        };
        let mut parts = ValueVec::new();
        for template in [left, right] {
            let (strings, interpolations) = (template.strings.get_set(), template.interpolations.get_set());
            for (index, &text) in strings.as_slice().iter().enumerate() {
                parts.push(vm, text)?;
                if let Some(&interpolation) = interpolations.as_slice().get(index) {
                    parts.push(vm, interpolation)?;
                }
            }
        }
        collect(vm, parts.as_slice())
    }

    #[getter("values", doc = "Values of interpolations")]
    fn values(&self, vm: &Vm) -> PyResult<Gc<PyTuple>> {
        let interpolations = self.interpolations.get_set();
        let values = interpolations.as_slice().iter().map(|&interpolation| {
            // SAFETY: a template has nothing else there.
            unsafe { interpolation.as_gc_unchecked::<PyInterpolation>() }.value.get_set()
        });
        vm.new_tuple_from(interpolations.len(), values)
    }

    #[method("__reduce__($self, /)")]
    fn reduce(vm: &Vm, this: Gc<PyTemplate>) -> PyResult<Gc<PyTuple>> {
        let Some(import) = vm.hooks.import.get() else {
            return Err(vm.import_error("string.templatelib cannot be imported yet"));
        };
        let module = import(vm, "string.templatelib")?;
        let unpickle = vm.get_attr_str(module, "_template_unpickle")?;
        let args = vm.new_tuple(&[this.strings.get_set().value(), this.interpolations.get_set().value()])?;
        vm.new_tuple(&[unpickle, args.value()])
    }

    #[classmethod("__class_getitem__($type, object, /)", doc = "See PEP 585")]
    fn class_getitem(vm: &Vm, class: Gc<PyType>, object: Value) -> PyResult {
        PyGenericAlias::new_value(vm, class.value(), object)
    }
}

fn interpolation_members(vm: &Vm, class: Gc<PyType>) -> PyResult<()> {
    let kind = MemberKind::ReadOnly;
    vm.add_members(
        class,
        &[
            ("value", offset_of!(PyInterpolation, value), kind, "Value"),
            ("expression", offset_of!(PyInterpolation, expression), kind, "Expression"),
            ("conversion", offset_of!(PyInterpolation, conversion), kind, "Conversion"),
            ("format_spec", offset_of!(PyInterpolation, format_spec), kind, "Format specifier"),
        ],
    )?;
    let names = ["value", "expression", "conversion", "format_spec"].map(|name| vm.intern(name).value());
    let names = vm.new_tuple(&names)?;
    class.dict.get_set().set_str(vm, vm.intern("__match_args__"), names.value())
}

#[py_type(
    name = "Interpolation",
    module = "string.templatelib",
    layout = custom,
    setup = interpolation_members,
    doc = "Interpolation object"
)]
impl PyInterpolation {
    #[new("Interpolation(value, expression='', conversion=None, format_spec='')")]
    fn new(
        vm: &Vm,
        _class: Gc<PyType>,
        value: Value,
        expression: Gc<PyStr>,
        conversion: Value,
        format_spec: Gc<PyStr>,
    ) -> PyResult<Gc<PyInterpolation>> {
        if let Some(conversion) = conversion.not_none() {
            let Some(letter) = vm.cast::<PyStr>(conversion) else {
                let class = vm.class_name(conversion);
                return Err(
                    vm.type_error(format_args!("Interpolation() argument 'conversion' must be str, not {class}"))
                );
            };
            if !["s", "a", "r"].iter().any(|allowed| letter.equals_str(allowed)) {
                return Err(vm.value_error("Interpolation() argument 'conversion' must be one of 's', 'a' or 'r'"));
            }
        }
        vm.new_interpolation(value, expression.value(), conversion, format_spec.value())
    }

    #[slot(repr)]
    fn repr(&self, vm: &Vm) -> PyResult<Gc<PyStr>> {
        let mut out = StrBuilder::default();
        out.push_str("Interpolation(");
        for (index, member) in self.members().into_iter().enumerate() {
            if index > 0 {
                out.push_str(", ");
            }
            out.push_py(&*vm.repr(member)?);
        }
        out.push_str(")");
        out.finish(vm)
    }

    #[method("__reduce__($self, /)")]
    fn reduce(vm: &Vm, this: Gc<PyInterpolation>) -> PyResult<Gc<PyTuple>> {
        let members = vm.new_tuple(&this.members())?;
        vm.new_tuple(&[vm.class_of(this.value()).value(), members.value()])
    }

    #[classmethod("__class_getitem__($type, object, /)", doc = "See PEP 585")]
    fn class_getitem(vm: &Vm, class: Gc<PyType>, object: Value) -> PyResult {
        PyGenericAlias::new_value(vm, class.value(), object)
    }
}

impl PyInterpolation {
    fn members(&self) -> [Value; 4] {
        [&self.value, &self.expression, &self.conversion, &self.format_spec].map(Slot::get_set)
    }
}

#[py_type(name = "TemplateIter", module = "string.templatelib", layout = custom, flags(DISALLOW_INSTANTIATION))]
impl PyTemplateIter {
    #[slot(iter)]
    fn iter(this: Gc<PyTemplateIter>) -> Gc<PyTemplateIter> {
        this
    }

    #[slot(iternext)]
    fn next(&self, vm: &Vm) -> Option<Value> {
        let template = self.template.get_set();
        let (strings, interpolations) = (template.strings.get_set(), template.interpolations.get_set());
        loop {
            let index = self.index.get();
            let part = match index % 2 {
                0 => strings.as_slice().get(index / 2),
                _ => interpolations.as_slice().get(index / 2),
            };
            let part = *part?;
            self.index.set(index + 1);
            if !vm.cast::<PyStr>(part).is_some_and(|text| text.is_empty()) {
                return Some(part);
            }
        }
    }
}
