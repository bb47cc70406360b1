//! `csv.reader`: rows from lines.

use std::cell::Cell;
use std::mem::offset_of;

use kaa_objects::class::PyType;
use kaa_objects::object::{Header, Slot};
use kaa_objects::types::descriptors::MemberKind::ReadOnly;
use kaa_objects::types::list::PyList;
use kaa_objects::types::str::{PyStr, StrBuilder};
use kaa_objects::{Gc, PyResult, Trace, Value, Vm, py_type};

use super::dialect::{Dialect, Options, quoting};
use super::{error, state};

/// A reader.
#[repr(C)]
#[derive(Trace)]
pub struct Reader {
    header: Header,
    lines: Slot,
    dialect: Slot<Gc<Dialect>>,
    line_num: Cell<u64>,
    /// How many rows it gave.
    rows: Cell<u64>,
}

fn set_up(vm: &Vm, class: Gc<PyType>) -> PyResult<()> {
    vm.add_members(class, &[("dialect", offset_of!(Reader, dialect), ReadOnly, "")])
}

#[py_type(
    name = "reader",
    module = "_csv",
    flags(DISALLOW_INSTANTIATION),
    setup = set_up,
    doc = "CSV reader\n\nReader objects are responsible for reading and parsing tabular data\nin CSV format.\n"
)]
impl Reader {
    #[getter("line_num")]
    fn get_line_num(&self, vm: &Vm) -> PyResult {
        vm.new_int_u64(self.line_num.get())
    }

    #[slot(iter)]
    fn iter(this: Gc<Reader>) -> Value {
        this.value()
    }

    #[slot(iternext)]
    fn next(vm: &Vm, this: Gc<Reader>) -> PyResult<Option<Value>> {
        let rows = this.rows.get();
        let mut row = Row {
            vm,
            options: this.dialect.get_set().options(),
            limit: state(vm).field_limit.get(),
            fields: vm.new_list(&[])?,
            field: StrBuilder::default(),
            place: Place::StartRecord,
            unquoted: true,
        };
        loop {
            let line = vm.next(this.lines.get_set())?;
            // The iterator may use the reader itself.
            if this.rows.get() != rows {
                return Err(error(vm, "iterator has already advanced the reader"));
            }
            let Some(line) = line else {
                if row.field.is_empty() && row.place != Place::InQuotedField {
                    return Ok(None);
                }
                if row.options.strict {
                    return Err(error(vm, "unexpected end of data"));
                }
                row.save_field()?;
                this.rows.set(rows + 1);
                return Ok(Some(row.fields.value()));
            };
            let Some(line) = vm.cast::<PyStr>(line) else {
                let class = vm.class_name(line);
                return Err(error(
                    vm,
                    format_args!(
                        "iterator should return strings, not {class} (the file should be opened in text mode)"
                    ),
                ));
            };
            this.line_num.set(this.line_num.get() + 1);
            row.line(&line)?;
            if row.place == Place::StartRecord {
                this.rows.set(rows + 1);
                return Ok(Some(row.fields.value()));
            }
        }
    }
}

impl Reader {
    /// A reader of an iterator of lines.
    pub fn make(vm: &Vm, lines: Value, dialect: Gc<Dialect>) -> PyResult<Gc<Reader>> {
        vm.alloc(Reader {
            header: Header::EMPTY,
            lines: Slot::new(lines),
            dialect: Slot::new(dialect),
            line_num: Cell::new(0),
            rows: Cell::new(0),
        })
    }
}

/// What the next character means.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    StartRecord,
    StartField,
    /// Behind an escape character.
    Escaped,
    InField,
    InQuotedField,
    EscapedInQuotedField,
    /// Behind a quote, which may end the field or be doubled.
    QuoteInQuotedField,
    /// Behind the end of a row: the rest of the line's end.
    EndOfLine,
    /// Behind an escaped end of line.
    AfterEscapedEnd,
}

/// A row being read. It must stay on the native stack, where the collector sees its list.
struct Row<'a> {
    vm: &'a Vm,
    options: Options,
    limit: isize,
    fields: Gc<PyList>,
    field: StrBuilder,
    place: Place,
    /// Whether the field has no quotes.
    unquoted: bool,
}

const NEWLINE: u32 = b'\n' as u32;
const RETURN: u32 = b'\r' as u32;

impl Row<'_> {
    /// Takes in a line.
    fn line(&mut self, line: &PyStr) -> PyResult<()> {
        let data = line.data();
        let mut at = 0;
        while at < data.len() {
            // Inside a field most characters stand for themselves.
            if matches!(self.place, Place::InField | Place::InQuotedField) {
                let run = data.slice(at..data.len()).iter().take_while(|&c| self.is_plain(c)).count();
                if run > 0 {
                    self.check_limit(run)?;
                    self.field.push_data(data.slice(at..at + run));
                    at += run;
                    continue;
                }
            }
            self.take(Some(data.at(at)))?;
            at += 1;
        }
        self.take(None)
    }

    /// Whether a character inside a field is just a part of it.
    #[inline]
    fn is_plain(&self, c: u32) -> bool {
        c != self.options.delimiter
            && c != NEWLINE
            && c != RETURN
            && Some(c) != self.options.quotechar
            && Some(c) != self.options.escapechar
    }

    fn check_limit(&self, more: usize) -> PyResult<()> {
        if (self.field.len() + more) as isize > self.limit {
            return Err(error(self.vm, format_args!("field larger than field limit ({})", self.limit)));
        }
        Ok(())
    }

    fn add(&mut self, c: u32, place: Place) -> PyResult<()> {
        self.check_limit(1)?;
        self.field.push(c);
        self.place = place;
        Ok(())
    }

    fn save_field(&mut self) -> PyResult<()> {
        let vm = self.vm;
        let style = self.options.quoting;
        let field = std::mem::take(&mut self.field);
        let unquoted = std::mem::replace(&mut self.unquoted, true);
        let value = if unquoted && field.is_empty() && matches!(style, quoting::NOTNULL | quoting::STRINGS) {
            Value::NONE
        } else {
            let is_number = unquoted && !field.is_empty() && matches!(style, quoting::NONNUMERIC | quoting::STRINGS);
            let text = field.finish(vm)?.value();
            if is_number { vm.new_float(kaa_objects::types::float::from_value(vm, text)?)? } else { text }
        };
        self.fields.push(vm, value)
    }

    /// Ends a field where a line or a row ends.
    fn end_row(&mut self, c: Option<u32>) -> PyResult<()> {
        self.save_field()?;
        self.place = if c.is_none() { Place::StartRecord } else { Place::EndOfLine };
        Ok(())
    }

    /// Takes in a character, or the end of the line.
    fn take(&mut self, c: Option<u32>) -> PyResult<()> {
        let options = self.options;
        let is_end = matches!(c, None | Some(NEWLINE | RETURN));
        let is_quote = options.quoting != quoting::NONE && c.is_some() && c == options.quotechar;
        let is_escape = c.is_some() && c == options.escapechar;
        let is_delimiter = c == Some(options.delimiter);
        match self.place {
            Place::StartRecord if c.is_none() => Ok(()),
            Place::StartRecord if is_end => {
                self.place = Place::EndOfLine;
                Ok(())
            }
            Place::StartRecord | Place::StartField => {
                self.place = Place::StartField;
                match c {
                    _ if is_end => return self.end_row(c),
                    _ if is_quote => {
                        self.unquoted = false;
                        self.place = Place::InQuotedField;
                    }
                    _ if is_escape => self.place = Place::Escaped,
                    Some(0x20) if options.skipinitialspace => {}
                    _ if is_delimiter => return self.save_field(),
                    _ => return self.add(c.unwrap_or(NEWLINE), Place::InField),
                }
                Ok(())
            }
            Place::Escaped => match c {
                Some(NEWLINE | RETURN) => self.add(c.unwrap_or(NEWLINE), Place::AfterEscapedEnd),
                _ => self.add(c.unwrap_or(NEWLINE), Place::InField),
            },
            Place::AfterEscapedEnd if c.is_none() => Ok(()),
            // As in CPython, the rest of a field with an escaped end of line goes on in the next line.
            Place::AfterEscapedEnd | Place::InField => {
                if is_end {
                    return self.end_row(c);
                }
                if is_escape {
                    self.place = Place::Escaped;
                } else if is_delimiter {
                    self.save_field()?;
                    self.place = Place::StartField;
                } else {
                    return self.add(c.unwrap_or(NEWLINE), self.place);
                }
                Ok(())
            }
            Place::InQuotedField => {
                match c {
                    None => {}
                    _ if is_escape => self.place = Place::EscapedInQuotedField,
                    _ if is_quote && options.doublequote => self.place = Place::QuoteInQuotedField,
                    _ if is_quote => self.place = Place::InField,
                    Some(c) => return self.add(c, Place::InQuotedField),
                }
                Ok(())
            }
            Place::EscapedInQuotedField => self.add(c.unwrap_or(NEWLINE), Place::InQuotedField),
            Place::QuoteInQuotedField => {
                if is_quote {
                    return self.add(c.unwrap_or(NEWLINE), Place::InQuotedField);
                }
                if is_delimiter {
                    self.save_field()?;
                    self.place = Place::StartField;
                    return Ok(());
                }
                if is_end {
                    return self.end_row(c);
                }
                if options.strict {
                    let shown = |c: Option<u32>| c.and_then(char::from_u32).unwrap_or('\u{fffd}');
                    let (delimiter, quote) = (shown(Some(options.delimiter)), shown(options.quotechar));
                    return Err(error(self.vm, format_args!("'{delimiter}' expected after '{quote}'")));
                }
                self.add(c.unwrap_or(NEWLINE), Place::InField)
            }
            Place::EndOfLine => {
                if !is_end {
                    return Err(error(
                        self.vm,
                        "new-line character seen in unquoted field - do you need to open the file with newline=''?",
                    ));
                }
                if c.is_none() {
                    self.place = Place::StartRecord;
                }
                Ok(())
            }
        }
    }
}
