//! Struct sequences: tuples whose items have names too, such as `os.stat_result` and
//! `sys.version_info`. Fields beyond the visible ones are attributes only.

use std::any::Any;
use std::cell::RefCell;

use crate::args::Args;
use crate::class::{MethodDef, MethodKind, PyType};
use crate::object::{Header, Slot};
use crate::types::descriptors::{MemberKind, PyBuiltinFunction, PyMemberDescriptor, PyMethodDescriptor};
use crate::types::dict::PyDict;
use crate::types::staticmethod::PyStaticMethod;
use crate::types::str::StrBuilder;
use crate::types::tuple::{PyTuple, TUPLE_ITEMS, length_word};
use crate::types::value_vec::ValueVec;
use crate::vm::Extension;
use crate::{Gc, PyResult, Value, Vm};

/// The description of a struct sequence type: one static for each.
pub struct StructSequenceDef {
    /// The type's `__name__`.
    pub name: &'static str,
    /// The type's `__module__`.
    pub module: &'static str,
    /// The type's `__doc__`.
    pub doc: &'static str,
    /// Names and `__doc__`s of the fields, visible ones first. A field without a name has the
    /// empty one.
    pub fields: &'static [(&'static str, &'static str)],
    /// How many fields are items.
    pub visible: usize,
    /// Whether calling the type makes an instance.
    pub callable: bool,
}

/// The classes made so far, by description. Classes do not move, and those of native types are
/// never given up.
#[derive(Default)]
struct Classes(RefCell<Vec<(&'static StructSequenceDef, Slot<Gc<PyType>>)>>);

impl Extension for Classes {
    fn trace(&mut self, visitor: &mut crate::Visitor<'_>) {
        for (_, class) in self.0.get_mut() {
            crate::Trace::trace(class, visitor);
        }
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Vm {
    /// The class of a struct sequence in this isolate; made when first asked for.
    pub fn struct_sequence_class(&self, def: &'static StructSequenceDef) -> PyResult<Gc<PyType>> {
        let classes = self.extension(|_| Classes::default());
        let found = classes.0.borrow().iter().find(|(known, _)| std::ptr::eq(*known, def)).and_then(|(_, c)| c.get());
        if let Some(class) = found {
            return Ok(class);
        }
        let class = self.make_struct_sequence(def)?;
        classes.0.borrow_mut().push((def, Slot::new(class)));
        Ok(class)
    }

    fn make_struct_sequence(&self, def: &'static StructSequenceDef) -> PyResult<Gc<PyType>> {
        let namespace = self.new_dict()?;
        namespace.reserve(self, 7 + METHODS.len())?;
        let put = |name: &str, value: Value| namespace.set_str(self, self.intern(name), value);
        put("__module__", self.intern(def.module).value())?;
        put("__doc__", self.new_str(def.doc)?.value())?;
        put("__slots__", self.new_tuple(&[])?.value())?;
        put("n_fields", Value::small_int(def.fields.len() as i64))?;
        put("n_sequence_fields", Value::small_int(def.visible as i64))?;
        let unnamed = def.fields.iter().filter(|(name, _)| name.is_empty()).count();
        put("n_unnamed_fields", Value::small_int(unnamed as i64))?;
        let mut names = ValueVec::new();
        for (name, _) in def.fields[..def.visible].iter().filter(|(name, _)| !name.is_empty()) {
            names.push(self, self.intern(name).value())?;
        }
        put("__match_args__", self.new_tuple(names.as_slice())?.value())?;
        for method in METHODS {
            let value = match method.kind {
                MethodKind::Static => {
                    let function = self.alloc(PyBuiltinFunction {
                        header: Header::EMPTY,
                        def: method,
                        this: Slot::empty(),
                        module: Slot::empty(),
                    })?;
                    PyStaticMethod::wrap(self, function.value())?
                }
                _ => self
                    .alloc(PyMethodDescriptor {
                        header: Header::EMPTY,
                        def: method,
                        class: Slot::new(self.class::<PyTuple>()),
                    })?
                    .value(),
            };
            put(method.name, value)?;
        }
        let bases = self.new_tuple(&[self.class::<PyTuple>().value()])?;
        let class = self.new_class(self.class::<PyType>(), self.intern(def.name), bases, namespace, Args::EMPTY)?;
        let class = self.cast::<PyType>(class).expect("type makes classes");
        class.dict.get_set().reserve(self, def.fields.len())?;
        for (index, (name, doc)) in def.fields.iter().enumerate().filter(|(_, (name, _))| !name.is_empty()) {
            let name = self.intern(name);
            let member = self.alloc(PyMemberDescriptor {
                header: Header::EMPTY,
                name: Slot::new(name),
                class: Slot::new(class),
                offset: (TUPLE_ITEMS + index * 8) as u32,
                kind: MemberKind::ReadOnly,
                doc: Some(doc),
            })?;
            class.dict.get_set().set_str(self, name, member.value())?;
        }
        // It only kept instances from having a dict.
        class.dict.get_set().remove_str(self, self.intern("__slots__"));
        self.class_modified(class);
        Ok(class)
    }

    /// An instance with these fields; those that are missing at the end are `None`.
    pub fn new_struct_sequence(&self, def: &'static StructSequenceDef, fields: &[Value]) -> PyResult {
        let class = self.struct_sequence_class(def)?;
        self.struct_sequence_of_class(class, def, fields)
    }

    fn struct_sequence_of_class(
        &self,
        class: Gc<PyType>,
        def: &'static StructSequenceDef,
        fields: &[Value],
    ) -> PyResult {
        let size = TUPLE_ITEMS + def.fields.len() * 8;
        let object: Gc<PyTuple> = self.alloc_zeroed(size, class.trace_kind.get(), class.root_shape.get())?;
        // SAFETY: fresh memory of that size; the length counts the visible fields, all words are
        // values.
        unsafe {
            let words = object.as_ptr().cast::<u64>();
            *words.add(1) = length_word(def.visible);
            for index in 0..def.fields.len() {
                *words.add(TUPLE_ITEMS / 8 + index) = fields.get(index).copied().unwrap_or(Value::NONE).bits();
            }
        }
        Ok(object.value())
    }

    fn struct_sequence_def(&self, class: Gc<PyType>) -> PyResult<&'static StructSequenceDef> {
        let classes = self.extension(|_| Classes::default());
        let found = classes
            .0
            .borrow()
            .iter()
            .find(|(_, known)| known.get().is_some_and(|known| class.is_subclass(known)))
            .map(|(def, _)| *def);
        found.ok_or_else(|| self.type_error("not a struct sequence"))
    }
}

/// The field at an index, also one that is no item.
fn field(sequence: Value, index: usize) -> Value {
    // SAFETY: the caller's value is an instance with that many fields, each of them a value.
    unsafe {
        let object: Gc<PyTuple> = sequence.as_gc_unchecked();
        Value::from_bits(*object.as_ptr().cast::<u64>().add(TUPLE_ITEMS / 8 + index)).unwrap_or(Value::NONE)
    }
}

const METHODS: &[MethodDef] = &[
    MethodDef {
        name: "__new__",
        signature: Some("(sequence, dict={})"),
        doc: None,
        kind: MethodKind::Static,
        function: new,
    },
    MethodDef {
        name: "__repr__",
        signature: Some("($self, /)"),
        doc: None,
        kind: MethodKind::Instance,
        function: repr,
    },
    MethodDef {
        name: "__reduce__",
        signature: Some("($self, /)"),
        doc: None,
        kind: MethodKind::Instance,
        function: reduce,
    },
    MethodDef {
        name: "__replace__",
        signature: Some("($self, /, **changes)"),
        doc: Some("Return a copy of the structure with new values for the specified fields."),
        kind: MethodKind::Instance,
        function: replace,
    },
];

fn new(vm: &Vm, _: Value, args: Args<'_>) -> PyResult {
    let mut parts = args.positionals().iter().copied();
    let Some(class) = parts.next().and_then(|class| vm.cast::<PyType>(class)) else {
        return Err(vm.type_error("__new__(): not enough arguments"));
    };
    let def = vm.struct_sequence_def(class)?;
    let name = class.name_text();
    if !def.callable {
        return Err(vm.type_error(format_args!("cannot create '{}.{name}' instances", def.module)));
    }
    let (mut sequence, mut extra) = (parts.next(), parts.next());
    for (keyword, value) in args.keywords() {
        if keyword.equals_str("sequence") {
            sequence = Some(value);
        } else if keyword.equals_str("dict") {
            extra = Some(value);
        } else {
            return Err(vm.unexpected_keyword("structseq()", &["sequence", "dict"], args));
        }
    }
    let Some(sequence) = sequence else {
        return Err(vm.type_error("structseq() missing required argument 'sequence' (pos 1)"));
    };
    if vm.slots_of(sequence).iter.is_none() && !vm.is_sequence(sequence) {
        return Err(vm.type_error("constructor requires a sequence"));
    }
    let extra = match extra {
        None => None,
        Some(extra) => match vm.cast::<PyDict>(extra) {
            Some(dict) => Some(dict),
            None => return Err(vm.type_error(format_args!("{name}() takes a dict as second arg, if any"))),
        },
    };
    let items = vm.list_from(sequence)?;
    let (least, most, given) = (def.visible, def.fields.len(), items.len());
    if least != most && given < least {
        return Err(vm.type_error(format_args!(
            "{}.{name}() takes an at least {least}-sequence ({given}-sequence given)",
            def.module
        )));
    }
    if least != most && given > most {
        return Err(vm.type_error(format_args!(
            "{}.{name}() takes an at most {most}-sequence ({given}-sequence given)",
            def.module
        )));
    }
    if least == most && given != least {
        return Err(
            vm.type_error(format_args!("{}.{name}() takes a {least}-sequence ({given}-sequence given)", def.module))
        );
    }
    let mut fields = ValueVec::new();
    for &item in items.as_slice() {
        fields.push(vm, item)?;
    }
    for (field, _) in &def.fields[given..] {
        let found = match extra {
            Some(extra) => extra.get_str(vm, vm.intern(field)),
            None => None,
        };
        fields.push(vm, found.unwrap_or(Value::NONE))?;
    }
    vm.struct_sequence_of_class(class, def, fields.as_slice())
}

fn repr(vm: &Vm, this: Value, _: Args<'_>) -> PyResult {
    let class = vm.class_of(this);
    let def = vm.struct_sequence_def(class)?;
    let mut out = StrBuilder::default();
    out.push_str(&format!("{}.{}(", def.module, class.name_text()));
    // An item without a name is shown with the next name that is left: CPython's way.
    let named = def.fields.iter().filter(|(name, _)| !name.is_empty());
    for (index, (name, _)) in named.take(def.visible).enumerate() {
        if index != 0 {
            out.push_str(", ");
        }
        out.push_str(name);
        out.push_str("=");
        let repr = vm.repr(field(this, index))?;
        out.push_py(&repr);
    }
    out.push_str(")");
    Ok(out.finish(vm)?.value())
}

fn reduce(vm: &Vm, this: Value, _: Args<'_>) -> PyResult {
    let class = vm.class_of(this);
    let def = vm.struct_sequence_def(class)?;
    let mut items = ValueVec::new();
    for index in 0..def.visible {
        items.push(vm, field(this, index))?;
    }
    let hidden = vm.new_dict()?;
    for (index, (name, _)) in def.fields.iter().enumerate().skip(def.visible) {
        hidden.set_str(vm, vm.intern(name), field(this, index))?;
    }
    let items = vm.new_tuple(items.as_slice())?;
    let args = vm.new_tuple(&[items.value(), hidden.value()])?;
    Ok(vm.new_tuple(&[class.value(), args.value()])?.value())
}

fn replace(vm: &Vm, this: Value, args: Args<'_>) -> PyResult {
    let class = vm.class_of(this);
    let def = vm.struct_sequence_def(class)?;
    if !args.positionals().is_empty() {
        let count = args.positionals().len();
        return Err(vm.type_error(format_args!("__replace__() takes 0 positional arguments but {count} were given")));
    }
    let mut fields = ValueVec::new();
    for (index, (name, _)) in def.fields.iter().enumerate() {
        let changed = args.keywords().find(|(keyword, _)| keyword.equals_str(name)).map(|(_, value)| value);
        fields.push(vm, changed.unwrap_or_else(|| field(this, index)))?;
    }
    for (keyword, _) in args.keywords() {
        if !def.fields.iter().any(|(name, _)| keyword.equals_str(name)) {
            let names = vm.new_list(&[])?;
            names.push(vm, keyword.value())?;
            let names = vm.repr_lossy(names.value());
            return Err(vm.type_error(format_args!("Got unexpected field name(s): {names}")));
        }
    }
    vm.struct_sequence_of_class(class, def, fields.as_slice())
}
