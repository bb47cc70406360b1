//! `csv.writer`: lines from rows.

use std::mem::offset_of;

use kaa_objects::class::PyType;
use kaa_objects::object::{Header, Slot};
use kaa_objects::types::complex::PyComplex;
use kaa_objects::types::descriptors::MemberKind::ReadOnly;
use kaa_objects::types::str::{PyStr, StrBuilder};
use kaa_objects::{Gc, PyResult, Trace, Value, Vm, py_type};

use super::dialect::{Dialect, Options, quoting};
use super::error;

/// A writer.
#[repr(C)]
#[derive(Trace)]
pub struct Writer {
    header: Header,
    write: Slot,
    dialect: Slot<Gc<Dialect>>,
}

fn set_up(vm: &Vm, class: Gc<PyType>) -> PyResult<()> {
    vm.add_members(class, &[("dialect", offset_of!(Writer, dialect), ReadOnly, "")])
}

#[py_type(
    name = "writer",
    module = "_csv",
    flags(DISALLOW_INSTANTIATION),
    setup = set_up,
    doc = "CSV writer\n\nWriter objects are responsible for generating tabular data\nin CSV format from sequence input.\n"
)]
impl Writer {
    #[method(
        "writerow($self, row, /)",
        doc = "Construct and write a CSV record from an iterable of fields.\n\nNon-string elements will be converted to string."
    )]
    fn writerow(vm: &Vm, this: Gc<Writer>, row: Value) -> PyResult {
        let fields = match vm.catch(vm.iter(row), vm.exceptions().TypeError)? {
            Ok(fields) => fields,
            Err(_) => {
                let class = vm.class_name(row);
                return Err(error(vm, format_args!("iterable expected, not {class}")));
            }
        };
        let dialect = this.dialect.get_set();
        let line_terminator = dialect.line_terminator();
        let mut line = Line { vm, options: dialect.options(), line_terminator, out: StrBuilder::default(), fields: 0 };
        let mut was_null = false;
        while let Some(field) = vm.next(fields)? {
            was_null = field.is_none();
            line.value(field)?;
        }
        if line.fields > 0 && line.out.is_empty() {
            if line.options.cannot_quote(was_null) {
                return Err(error(vm, "single empty field record must be quoted"));
            }
            line.fields -= 1;
            line.field(None, true)?;
        }
        line.out.push_py(&line_terminator);
        let text = line.out.finish(vm)?;
        vm.call(this.write.get_set(), &[text.value()])
    }

    #[method(
        "writerows($self, rows, /)",
        doc = "Construct and write a series of iterables to a csv file.\n\nNon-string elements will be converted to string."
    )]
    fn writerows(vm: &Vm, this: Gc<Writer>, rows: Value) -> PyResult<()> {
        let rows = vm.iter(rows)?;
        while let Some(row) = vm.next(rows)? {
            Writer::writerow(vm, this, row)?;
        }
        Ok(())
    }
}

impl Writer {
    /// A writer that calls a function with each line.
    pub fn make(vm: &Vm, write: Value, dialect: Gc<Dialect>) -> PyResult<Gc<Writer>> {
        vm.alloc(Writer { header: Header::EMPTY, write: Slot::new(write), dialect: Slot::new(dialect) })
    }
}

impl Options {
    /// Whether an empty field must stand without quotes.
    fn cannot_quote(&self, is_null: bool) -> bool {
        self.quoting == quoting::NONE || is_null && matches!(self.quoting, quoting::STRINGS | quoting::NOTNULL)
    }
}

/// A line being written.
struct Line<'a> {
    vm: &'a Vm,
    options: Options,
    line_terminator: Gc<PyStr>,
    out: StrBuilder,
    /// How many fields it has.
    fields: usize,
}

/// Whether `PyNumber_Check` holds: the value can be an integer or a float.
fn is_number(vm: &Vm, value: Value) -> bool {
    let slots = vm.slots_of(value);
    slots.nb_index.is_some()
        || slots.nb_int.is_some()
        || slots.nb_float.is_some()
        || vm.cast::<PyComplex>(value).is_some()
}

impl Line<'_> {
    fn value(&mut self, value: Value) -> PyResult<()> {
        let text = self.vm.cast::<PyStr>(value);
        let quoted = match self.options.quoting {
            quoting::ALL => true,
            quoting::NONNUMERIC => !is_number(self.vm, value),
            quoting::STRINGS => text.is_some(),
            quoting::NOTNULL => !value.is_none(),
            _ => false,
        };
        match text {
            Some(text) => self.field(Some(text), quoted),
            None if value.is_none() => self.field(None, quoted),
            None => self.field(Some(self.vm.str(value)?), quoted),
        }
    }

    /// Appends a field.
    fn field(&mut self, text: Option<Gc<PyStr>>, mut quoted: bool) -> PyResult<()> {
        let options = self.options;
        let is_empty = text.is_none_or(|text| text.is_empty());
        if is_empty && options.delimiter == 0x20 && options.skipinitialspace {
            if options.cannot_quote(text.is_none()) {
                return Err(error(
                    self.vm,
                    "empty field must be quoted if delimiter is a space and skipinitialspace is true",
                ));
            }
            quoted = true;
        }
        if self.fields > 0 {
            self.out.push(options.delimiter);
        }
        self.fields += 1;
        let is_special = |c: u32| self.is_special(c);
        quoted = quoted
            || options.quoting != quoting::NONE
                && text.is_some_and(|text| text.data().iter().any(|c| is_special(c) && self.needs_quotes(c)));
        let quote = options.quotechar.filter(|_| quoted);
        if let Some(quote) = quote {
            self.out.push(quote);
        }
        if let Some(text) = text {
            self.contents(text)?;
        }
        if let Some(quote) = quote {
            self.out.push(quote);
        }
        Ok(())
    }

    /// Whether a character could be taken for something else than a part of a field.
    #[inline]
    fn is_special(&self, c: u32) -> bool {
        c == self.options.delimiter
            || Some(c) == self.options.escapechar
            || Some(c) == self.options.quotechar
            || matches!(c, 0x0a | 0x0d)
            || self.line_terminator.data().iter().any(|terminator| terminator == c)
    }

    /// Whether a special character is one that quotes, and no escape, protect.
    fn needs_quotes(&self, c: u32) -> bool {
        if Some(c) == self.options.quotechar { self.options.doublequote } else { Some(c) != self.options.escapechar }
    }

    fn contents(&mut self, text: Gc<PyStr>) -> PyResult<()> {
        let options = self.options;
        let data = text.data();
        let mut at = 0;
        while at < data.len() {
            let run = data.slice(at..data.len()).iter().take_while(|&c| !self.is_special(c)).count();
            self.out.push_data(data.slice(at..at + run));
            at += run;
            if at == data.len() {
                break;
            }
            let c = data.at(at);
            at += 1;
            if options.quoting == quoting::NONE || !self.needs_quotes(c) {
                match options.escapechar {
                    Some(escape) => self.out.push(escape),
                    None => return Err(error(self.vm, "need to escape, but no escapechar set")),
                }
            } else if Some(c) == options.quotechar {
                self.out.push(c);
            }
            self.out.push(c);
        }
        Ok(())
    }
}
