//! `csv.Dialect`: which characters separate and quote fields.

use std::cell::Cell;
use std::mem::offset_of;

use kaa_objects::args::Signature;
use kaa_objects::class::PyType;
use kaa_objects::object::{Header, Slot};
use kaa_objects::types::descriptors::MemberKind::ReadOnly;
use kaa_objects::types::str::PyStr;
use kaa_objects::{Args, Gc, PyResult, Raised, Trace, Value, Vm, py_type};

use super::registered;

/// Which fields are quoted: `csv.QUOTE_*`.
pub mod quoting {
    #![allow(missing_docs, reason = "named as in Python")]
    pub const MINIMAL: i32 = 0;
    pub const ALL: i32 = 1;
    pub const NONNUMERIC: i32 = 2;
    pub const NONE: i32 = 3;
    pub const STRINGS: i32 = 4;
    pub const NOTNULL: i32 = 5;
}

/// A dialect.
#[repr(C)]
#[derive(Trace)]
pub struct Dialect {
    header: Header,
    double_quote: Slot,
    skip_initial_space: Slot,
    strict: Slot,
    line_terminator: Slot<Gc<PyStr>>,
    #[trace(skip)]
    options: Cell<Options>,
}

/// What is looked up for each character.
#[derive(Clone, Copy)]
#[allow(missing_docs, reason = "named as in Python")]
pub struct Options {
    pub delimiter: u32,
    pub quotechar: Option<u32>,
    pub escapechar: Option<u32>,
    pub quoting: i32,
    pub doublequote: bool,
    pub skipinitialspace: bool,
    pub strict: bool,
}

fn set_up(vm: &Vm, class: Gc<PyType>) -> PyResult<()> {
    vm.add_members(
        class,
        &[
            ("skipinitialspace", offset_of!(Dialect, skip_initial_space), ReadOnly, ""),
            ("doublequote", offset_of!(Dialect, double_quote), ReadOnly, ""),
            ("strict", offset_of!(Dialect, strict), ReadOnly, ""),
        ],
    )
}

/// The parameters behind the dialect that others are taken from.
const OPTIONS: [&str; 8] =
    ["delimiter", "doublequote", "escapechar", "lineterminator", "quotechar", "quoting", "skipinitialspace", "strict"];

static NEW: Signature = Signature {
    name: "",
    qualname: "",
    params: &[
        "dialect",
        "delimiter",
        "doublequote",
        "escapechar",
        "lineterminator",
        "quotechar",
        "quoting",
        "skipinitialspace",
        "strict",
    ],
    positional_only: 0,
    positional: 9,
    required: 0,
    required_keywords: 0,
    var_positional: false,
    var_keyword: false,
    constructor: false,
    keywords_apart: false,
};

/// A character, or none where that is allowed.
fn character(vm: &Vm, name: &str, value: Option<Value>, default: Option<u32>, or_none: bool) -> PyResult<Option<u32>> {
    let Some(value) = value else { return Ok(default) };
    if value.is_none() && or_none {
        return Ok(None);
    }
    let none = if or_none { " or None" } else { "" };
    let Some(text) = vm.cast::<PyStr>(value) else {
        let class = vm.class_name(value);
        return Err(vm.type_error(format_args!("\"{name}\" must be a unicode character{none}, not {class}")));
    };
    if text.len() != 1 {
        let len = text.len();
        return Err(
            vm.type_error(format_args!("\"{name}\" must be a unicode character{none}, not a string of length {len}"))
        );
    }
    Ok(Some(text.data().at(0)))
}

fn bad_value(vm: &Vm, names: impl std::fmt::Display) -> Raised {
    vm.value_error(format_args!("bad {names} value"))
}

impl Options {
    /// Refuses characters that cannot be told apart.
    fn check(&self, vm: &Vm, line_terminator: &PyStr) -> PyResult<()> {
        let (delimiter, escape, quote) = (Some(self.delimiter), self.escapechar, self.quotechar);
        let allow_space = !self.skipinitialspace;
        for (name, character, allow_space) in
            [("delimiter", delimiter, true), ("escapechar", escape, allow_space), ("quotechar", quote, allow_space)]
        {
            let Some(character) = character else { continue };
            if matches!(character, 0x0a | 0x0d) || character == 0x20 && !allow_space {
                return Err(bad_value(vm, name));
            }
            if line_terminator.data().iter().any(|c| c == character) {
                return Err(bad_value(vm, format_args!("{name} or lineterminator")));
            }
        }
        for (names, a, b) in [
            ("delimiter or escapechar", delimiter, escape),
            ("delimiter or quotechar", delimiter, quote),
            ("escapechar or quotechar", escape, quote),
        ] {
            if a.is_some() && a == b {
                return Err(bad_value(vm, names));
            }
        }
        Ok(())
    }
}

fn quoting_of(vm: &Vm, value: Option<Value>) -> PyResult<i32> {
    let Some(value) = value else { return Ok(quoting::MINIMAL) };
    if !vm.is_exact_int(value) {
        let class = vm.class_name(value);
        return Err(vm.type_error(format_args!("\"quoting\" must be an integer, not {class}")));
    }
    vm.int_to_i64(value)
        .and_then(|quoting| i32::try_from(quoting).ok())
        .ok_or_else(|| vm.overflow_error("Python int too large to convert to C int"))
}

#[py_type(
    name = "Dialect",
    module = "_csv",
    flags(BASETYPE),
    setup = set_up,
    doc = "CSV dialect\n\nThe Dialect type records CSV parsing and generation options.\n"
)]
impl Dialect {
    #[new(raw)]
    fn new(vm: &Vm, class: Gc<PyType>, args: Args<'_>) -> PyResult<Gc<Dialect>> {
        Dialect::make(vm, class, args)
    }

    #[getter("delimiter")]
    fn get_delimiter(&self, vm: &Vm) -> PyResult<Gc<PyStr>> {
        vm.new_str_char(self.options().delimiter)
    }

    #[getter("escapechar")]
    fn get_escapechar(&self, vm: &Vm) -> PyResult<Option<Gc<PyStr>>> {
        self.options().escapechar.map(|c| vm.new_str_char(c)).transpose()
    }

    #[getter("lineterminator")]
    fn get_lineterminator(&self) -> Gc<PyStr> {
        self.line_terminator()
    }

    #[getter("quotechar")]
    fn get_quotechar(&self, vm: &Vm) -> PyResult<Option<Gc<PyStr>>> {
        self.options().quotechar.map(|c| vm.new_str_char(c)).transpose()
    }

    #[getter("quoting")]
    fn get_quoting(&self) -> i32 {
        self.options().quoting
    }

    #[method("__reduce__", raw, doc = "raises an exception to avoid pickling")]
    fn reduce(vm: &Vm, this: Gc<Dialect>, _args: Args<'_>) -> PyResult {
        let class = vm.class_of(this.value()).name.get_set().to_string_lossy();
        Err(vm.type_error(format_args!("cannot pickle '{class}' instances")))
    }

    #[method("__reduce_ex__", raw, doc = "raises an exception to avoid pickling")]
    fn reduce_ex(vm: &Vm, this: Gc<Dialect>, args: Args<'_>) -> PyResult {
        Dialect::reduce(vm, this, args)
    }
}

impl Dialect {
    /// What is looked up for each character.
    #[inline]
    pub fn options(&self) -> Options {
        self.options.get()
    }

    /// What stands between rows.
    pub fn line_terminator(&self) -> Gc<PyStr> {
        self.line_terminator.get_set()
    }

    /// A dialect from another one, by name or any object with such attributes, and changes to it.
    pub fn make(vm: &Vm, class: Gc<PyType>, args: Args<'_>) -> PyResult<Gc<Dialect>> {
        let count = args.all().len();
        if count > 9 {
            return Err(vm.type_error(format_args!("function takes at most 9 arguments ({count} given)")));
        }
        let mut row = [None; 9];
        let given = NEW.bind(vm, args, &mut row)?;
        let mut options: [Option<Value>; 8] = std::array::from_fn(|index| given.get(index + 1));
        if let Some(base) = given.get(0) {
            let base = if vm.cast::<PyStr>(base).is_some() { registered(vm, base)? } else { base };
            if let Some(base) = vm.cast::<Dialect>(base)
                && options.iter().all(Option::is_none)
            {
                return Ok(base);
            }
            for (option, name) in options.iter_mut().zip(OPTIONS) {
                if option.is_some() {
                    continue;
                }
                // Any error counts as a missing attribute.
                *option = match vm.get_attr_str(base, name) {
                    Ok(value) => Some(value),
                    Err(raised) => {
                        vm.take_exception(raised);
                        None
                    }
                };
            }
        }
        Dialect::from_options(vm, class, options)
    }

    fn from_options(vm: &Vm, class: Gc<PyType>, options: [Option<Value>; 8]) -> PyResult<Gc<Dialect>> {
        let [delimiter, double_quote, escape, line_terminator, quote, quoting, skip_initial_space, strict] = options;
        let flag = |value: Option<Value>, default: bool| value.map_or(Ok(default), |value| vm.truth(value));
        let delimiter = character(vm, "delimiter", delimiter, Some(b','.into()), false)?.unwrap_or(0);
        let doublequote = flag(double_quote, true)?;
        let escapechar = character(vm, "escapechar", escape, None, true)?;
        let line_terminator = match line_terminator {
            None => vm.intern("\r\n"),
            Some(value) => vm.cast::<PyStr>(value).ok_or_else(|| {
                let class = vm.class_name(value);
                vm.type_error(format_args!("\"lineterminator\" must be a string, not {class}"))
            })?,
        };
        let quotechar = character(vm, "quotechar", quote, Some(b'"'.into()), true)?;
        let mut style = quoting_of(vm, quoting)?;
        let skipinitialspace = flag(skip_initial_space, false)?;
        let strict = flag(strict, false)?;
        if !(quoting::MINIMAL..=quoting::NOTNULL).contains(&style) {
            return Err(vm.type_error("bad \"quoting\" value"));
        }
        if quote == Some(Value::NONE) && quoting.is_none() {
            style = quoting::NONE;
        }
        if style != quoting::NONE && quotechar.is_none() {
            return Err(vm.type_error("quotechar must be set if quoting enabled"));
        }
        let options =
            Options { delimiter, quotechar, escapechar, quoting: style, doublequote, skipinitialspace, strict };
        options.check(vm, &line_terminator)?;
        let dialect = Dialect {
            header: Header::EMPTY,
            double_quote: Slot::new(Value::bool(doublequote)),
            skip_initial_space: Slot::new(Value::bool(skipinitialspace)),
            strict: Slot::new(Value::bool(strict)),
            line_terminator: Slot::new(line_terminator),
            options: Cell::new(options),
        };
        vm.alloc_instance(class, dialect)
    }
}
