//! Writing JSON: `json.encoder.c_make_encoder`.

use std::cell::Cell;
use std::mem::offset_of;

use kaa_objects::args::Signature;
use kaa_objects::class::PyType;
use kaa_objects::object::{Header, Slot};
use kaa_objects::types::descriptors::MemberKind::ReadOnly;
use kaa_objects::types::descriptors::PyBuiltinFunction;
use kaa_objects::types::dict::PyDict;
use kaa_objects::types::int::write_decimal;
use kaa_objects::types::list::PyList;
use kaa_objects::types::str::{PyStr, StrBuilder, StrData};
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::{Args, Gc, PyResult, Raised, Trace, Value, Vm, py_type};
use kaa_text::floats::push_repr;

use super::escape::Escape;

/// What a `JSONEncoder` wants.
#[repr(C)]
#[derive(Trace)]
pub struct Encoder {
    header: Header,
    /// A dict where circular references are looked for, or `None`.
    markers: Slot,
    /// Called for what JSON does not know.
    default: Slot,
    encoder: Slot,
    indent: Slot,
    key_separator: Slot,
    item_separator: Slot,
    sort_keys: Slot,
    skip_keys: Slot,
    allow_nan: Cell<bool>,
    /// How strings are written when `encoder` is one of this module's functions.
    #[trace(skip)]
    escape: Cell<Option<Escape>>,
}

fn set_up(vm: &Vm, class: Gc<PyType>) -> PyResult<()> {
    vm.add_members(
        class,
        &[
            ("markers", offset_of!(Encoder, markers), ReadOnly, "markers"),
            ("default", offset_of!(Encoder, default), ReadOnly, "default"),
            ("encoder", offset_of!(Encoder, encoder), ReadOnly, "encoder"),
            ("indent", offset_of!(Encoder, indent), ReadOnly, "indent"),
            ("key_separator", offset_of!(Encoder, key_separator), ReadOnly, "key_separator"),
            ("item_separator", offset_of!(Encoder, item_separator), ReadOnly, "item_separator"),
            ("sort_keys", offset_of!(Encoder, sort_keys), ReadOnly, "sort_keys"),
            ("skipkeys", offset_of!(Encoder, skip_keys), ReadOnly, "skipkeys"),
        ],
    )
}

static NEW: Signature = Signature {
    name: "make_encoder",
    qualname: "make_encoder",
    params: &[
        "markers",
        "default",
        "encoder",
        "indent",
        "key_separator",
        "item_separator",
        "sort_keys",
        "skipkeys",
        "allow_nan",
    ],
    positional_only: 0,
    positional: 9,
    required: 9,
    required_keywords: 0,
    var_positional: false,
    var_keyword: false,
    constructor: false,
    keywords_apart: false,
};

static CALL: Signature = Signature {
    name: "_iterencode",
    qualname: "_iterencode",
    params: &["obj", "_current_indent_level"],
    positional: 2,
    required: 2,
    ..NEW
};

/// The way of escaping that a function of this module stands for.
fn escape_of(vm: &Vm, encoder: Value) -> Option<Escape> {
    let function = vm.cast::<PyBuiltinFunction>(encoder)?;
    let ours = super::MODULE.parts.iter().flat_map(|part| part.functions);
    match ours.into_iter().find(|def| std::ptr::eq(*def, function.def))?.name {
        "encode_basestring_ascii" => Some(Escape::Ascii),
        "encode_basestring" => Some(Escape::Unicode),
        _ => None,
    }
}

#[py_type(
    name = "Encoder",
    module = "_json",
    setup = set_up,
    doc = "Encoder(markers, default, encoder, indent, key_separator, item_separator, sort_keys, skipkeys, allow_nan)"
)]
impl Encoder {
    #[new(raw)]
    fn new(vm: &Vm, class: Gc<PyType>, args: Args<'_>) -> PyResult<Gc<Encoder>> {
        let mut row = [None; 9];
        let given = NEW.bind(vm, args, &mut row)?;
        let text = |index: usize| -> PyResult<Slot> {
            let value = given.required(index);
            if vm.cast::<PyStr>(value).is_some() {
                return Ok(Slot::new(value));
            }
            let class = if value.is_none() { "None".to_owned() } else { vm.class_name(value) };
            Err(vm.type_error(format_args!("make_encoder() argument {} must be str, not {class}", index + 1)))
        };
        let flag = |index: usize| -> PyResult<bool> { vm.truth(given.required(index)) };
        let (key_separator, item_separator) = (text(4)?, text(5)?);
        let (sort_keys, skip_keys, allow_nan) = (flag(6)?, flag(7)?, flag(8)?);
        let markers = given.required(0);
        if !markers.is_none() && vm.cast::<PyDict>(markers).is_none() {
            let class = vm.class_name(markers);
            return Err(vm.type_error(format_args!("make_encoder() argument 1 must be dict or None, not {class}")));
        }
        let encoder = Encoder {
            header: Header::EMPTY,
            markers: Slot::new(markers),
            default: Slot::new(given.required(1)),
            encoder: Slot::new(given.required(2)),
            indent: Slot::new(given.required(3)),
            key_separator,
            item_separator,
            sort_keys: Slot::new(Value::bool(sort_keys)),
            skip_keys: Slot::new(Value::bool(skip_keys)),
            allow_nan: Cell::new(allow_nan),
            escape: Cell::new(escape_of(vm, given.required(2))),
        };
        vm.alloc_instance(class, encoder)
    }

    #[slot(call)]
    fn call(vm: &Vm, this: Gc<Encoder>, args: Args<'_>) -> PyResult {
        let mut row = [None; 2];
        let given = CALL.bind(vm, args, &mut row)?;
        let level = vm.index_to_isize(given.required(1), vm.exceptions().OverflowError)?;
        let indent = match this.indent.get().and_then(Value::not_none) {
            None => None,
            Some(indent) => match vm.cast::<PyStr>(indent) {
                Some(indent) => Some(indent),
                None => {
                    let class = vm.class_name(indent);
                    return Err(vm.type_error(format_args!("can only concatenate str (not \"{class}\") to str")));
                }
            },
        };
        let text = |slot: &Slot| vm.cast::<PyStr>(slot.get_set()).expect("checked when the encoder was made");
        let mut writer = Writer {
            vm,
            encoder: this,
            out: StrBuilder::default(),
            indent,
            level: usize::try_from(level).unwrap_or(0),
            key_separator: text(&this.key_separator),
            item_separator: text(&this.item_separator),
            sort_keys: this.sort_keys.get() == Some(Value::TRUE),
            skip_keys: this.skip_keys.get() == Some(Value::TRUE),
            markers: vm.cast::<PyDict>(this.markers.get_set()),
            active: Vec::new(),
            number: String::new(),
        };
        writer.value(given.required(0))?;
        let text = writer.out.finish(vm)?;
        Ok(vm.new_tuple(&[text.value()])?.value())
    }
}

/// A document being written. It must stay on the native stack, where the collector sees its values.
struct Writer<'a> {
    vm: &'a Vm,
    encoder: Gc<Encoder>,
    out: StrBuilder,
    /// What each level of nesting is indented by; without, all is on one line.
    indent: Option<Gc<PyStr>>,
    level: usize,
    key_separator: Gc<PyStr>,
    item_separator: Gc<PyStr>,
    sort_keys: bool,
    skip_keys: bool,
    markers: Option<Gc<PyDict>>,
    /// Addresses of the containers that are being written, outermost first. They are also on the
    /// native stack, and so stay where they are.
    active: Vec<usize>,
    /// Room for the text of a number.
    number: String,
}

/// Appends a separator, which is ASCII but for rare cases.
#[inline]
fn separate(out: &mut StrBuilder, separator: &PyStr) {
    match separator.data() {
        StrData::Latin1(bytes) => out.push_latin1(bytes),
        wide => out.push_data(wide),
    }
}

impl Writer<'_> {
    #[inline]
    fn ascii(&mut self, text: &str) {
        self.out.push_latin1(text.as_bytes());
    }

    fn value(&mut self, value: Value) -> PyResult<()> {
        let vm = self.vm;
        if let Some(int) = value.as_small_int() {
            let mut buffer = [0; 20];
            self.out.push_latin1(write_decimal(int, &mut buffer));
        } else if value.is_none() {
            self.ascii("null");
        } else if let Some(bool) = value.as_bool() {
            self.ascii(if bool { "true" } else { "false" });
        } else if let Some(text) = vm.cast::<PyStr>(value) {
            return self.string(text);
        } else if vm.is_int(value) {
            self.int(value)?;
        } else if let Some(float) = vm.as_float(value) {
            self.float(value, float)?;
        } else if let Some(list) = vm.cast::<PyList>(value) {
            return self.row(value, |index| list.get(index));
        } else if let Some(tuple) = vm.cast::<PyTuple>(value) {
            return self.row(value, |index| tuple.as_slice().get(index).copied());
        } else if let Some(dict) = vm.cast::<PyDict>(value) {
            return self.dict(dict);
        } else {
            return self.other(value);
        }
        Ok(())
    }

    /// An integer that is no small one, perhaps of a subclass: `int.__repr__` counts.
    fn int(&mut self, value: Value) -> PyResult<()> {
        let int = self.vm.as_int(value).expect("the caller saw that it is one");
        let text = self.vm.int_to_str(int)?;
        self.out.push_py(&text);
        Ok(())
    }

    fn float(&mut self, value: Value, float: f64) -> PyResult<()> {
        if !float.is_finite() {
            if !self.encoder.allow_nan.get() {
                let repr = self.vm.repr(value)?.to_string_lossy();
                let message = format!("Out of range float values are not JSON compliant: {repr}");
                return Err(self.vm.value_error(message));
            }
            self.ascii(match float {
                f if f.is_nan() => "NaN",
                f if f > 0.0 => "Infinity",
                _ => "-Infinity",
            });
            return Ok(());
        }
        self.number.clear();
        push_repr(&mut self.number, float, ".0");
        self.out.push_latin1(self.number.as_bytes());
        Ok(())
    }

    fn string(&mut self, text: Gc<PyStr>) -> PyResult<()> {
        if let Some(escape) = self.encoder.escape.get() {
            escape.push(&mut self.out, text.data());
            return Ok(());
        }
        let encoded = self.vm.call(self.encoder.encoder.get_set(), &[text.value()])?;
        match self.vm.cast::<PyStr>(encoded) {
            Some(encoded) => {
                self.out.push_py(&encoded);
                Ok(())
            }
            None => {
                let class = self.vm.class_name(encoded);
                Err(self.vm.type_error(format_args!("encoder() must return a string, not {class}")))
            }
        }
    }

    fn new_line(&mut self) {
        if let Some(indent) = self.indent {
            self.ascii("\n");
            for _ in 0..self.level {
                self.out.push_py(&indent);
            }
        }
    }

    /// Begins to write a container, unless it is inside itself.
    fn enter(&mut self, container: Value) -> PyResult<()> {
        let Some(markers) = self.markers else { return Ok(()) };
        let address = container.as_object().map_or(0, |object| object.address());
        let is_marked = || -> PyResult<bool> {
            let identity = self.vm.new_int(self.vm.identity(container) as i64)?;
            Ok(markers.get(self.vm, identity)?.is_some())
        };
        if !markers.is_empty() && is_marked()? || self.active.contains(&address) {
            return Err(self.vm.value_error("Circular reference detected"));
        }
        self.active.push(address);
        Ok(())
    }

    fn leave(&mut self) {
        self.active.pop();
    }

    fn row(&mut self, row: Value, item: impl Fn(usize) -> Option<Value>) -> PyResult<()> {
        self.vm.check_stack(" while encoding a JSON object")?;
        let Some(mut value) = item(0) else {
            self.ascii("[]");
            return Ok(());
        };
        self.enter(row)?;
        self.ascii("[");
        self.level += 1;
        self.new_line();
        let mut index = 0;
        loop {
            if let Err(raised) = self.value(value) {
                return Err(self.noted(raised, row, Some(&index.to_string())));
            }
            index += 1;
            // The row may have changed meanwhile.
            match item(index) {
                Some(next) => value = next,
                None => break,
            }
            separate(&mut self.out, &self.item_separator);
            self.new_line();
        }
        self.level -= 1;
        self.new_line();
        self.ascii("]");
        self.leave();
        Ok(())
    }

    fn dict(&mut self, dict: Gc<PyDict>) -> PyResult<()> {
        let vm = self.vm;
        vm.check_stack(" while encoding a JSON object")?;
        if dict.is_empty() {
            self.ascii("{}");
            return Ok(());
        }
        self.enter(dict.value())?;
        self.ascii("{");
        self.level += 1;
        let mut is_first = true;
        if self.sort_keys || vm.cast_exact::<PyDict>(dict.value()).is_none() {
            let items = vm.call_method_str(dict.value(), "items", &[])?;
            let items = vm.list_from(items)?;
            if self.sort_keys {
                kaa_objects::types::list::sort(vm, items, Value::NONE, false)?;
            }
            let mut index = 0;
            while let Some(item) = items.get(index) {
                index += 1;
                let Some(&[key, value]) = vm.cast::<PyTuple>(item).as_ref().map(|item| item.as_slice()) else {
                    return Err(vm.value_error("items must return 2-tuples"));
                };
                self.item(dict.value(), key, value, &mut is_first)?;
            }
        } else {
            let mut position = 0;
            while position < dict.filled() {
                if let Some(entry) = dict.entry(position) {
                    self.item(dict.value(), entry.key, entry.value, &mut is_first)?;
                }
                position += 1;
            }
        }
        self.level -= 1;
        if !is_first {
            self.new_line();
        }
        self.ascii("}");
        self.leave();
        Ok(())
    }

    #[inline]
    fn item(&mut self, dict: Value, key: Value, value: Value, is_first: &mut bool) -> PyResult<()> {
        let Some(name) = self.key(key)? else { return Ok(()) };
        if !std::mem::take(is_first) {
            separate(&mut self.out, &self.item_separator);
        }
        self.new_line();
        self.string(name)?;
        separate(&mut self.out, &self.key_separator);
        self.value(value).map_err(|raised| match self.vm.repr(key) {
            Ok(key) => self.noted(raised, dict, Some(&key.to_string_lossy())),
            Err(raised) => raised,
        })
    }

    /// The text of a key; `None` when it is to be left out.
    fn key(&mut self, key: Value) -> PyResult<Option<Gc<PyStr>>> {
        let vm = self.vm;
        if let Some(text) = vm.cast::<PyStr>(key) {
            return Ok(Some(text));
        }
        if let Some(float) = vm.as_float(key) {
            let out = std::mem::take(&mut self.out);
            let written = self.float(key, float);
            let text = std::mem::replace(&mut self.out, out);
            written?;
            return text.finish(vm).map(Some);
        }
        if key.is_none() {
            return Ok(Some(vm.intern("null")));
        }
        if let Some(bool) = key.as_bool() {
            return Ok(Some(vm.intern(if bool { "true" } else { "false" })));
        }
        if let Some(int) = vm.as_int(key) {
            return vm.int_to_str(int).map(Some);
        }
        if self.skip_keys {
            return Ok(None);
        }
        let class = vm.class_name(key);
        Err(vm.type_error(format_args!("keys must be str, int, float, bool or None, not {class}")))
    }

    /// Something that JSON does not know.
    fn other(&mut self, value: Value) -> PyResult<()> {
        self.enter(value)?;
        let instead = self.vm.call(self.encoder.default.get_set(), &[value])?;
        self.vm.check_stack(" while encoding a JSON object")?;
        if let Err(raised) = self.value(instead) {
            return Err(self.noted(raised, value, None));
        }
        self.leave();
        Ok(())
    }

    /// Adds to an exception where it came up.
    #[cold]
    fn noted(&self, raised: Raised, container: Value, item: Option<&str>) -> Raised {
        let exception = self.vm.take_exception(raised);
        let class = self.vm.class_of(container).name_text();
        let note = match item {
            Some(item) => format!("when serializing {class} item {item}"),
            None => format!("when serializing {class} object"),
        };
        match self.vm.add_note(exception, &note) {
            Ok(()) => self.vm.raise_again(exception),
            Err(raised) => raised,
        }
    }
}
