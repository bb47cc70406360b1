//! `strftime` of dates and times: the codes that `time.strftime` does not know, or knows
//! differently on other systems, are replaced in the format before it is called.

use kaa_objects::types::str::{PyStr, StrBuilder};
use kaa_objects::{Args, Gc, PyResult, Value, Vm};

use super::calendar::Day;
use super::fields::Clock;
use super::timezone::{Question, ask, ask_name, format_offset};
use crate::parse_tuple::{Keyworded, positionals, wrong_type};

/// What is formatted.
pub struct Subject {
    /// The years, months and so on: a `struct_time` or the like of it.
    pub tuple: Value,
    /// For `%f`.
    pub microsecond: i32,
    /// The zone, and what is put to it.
    pub zone: Option<Value>,
    /// The datetime itself, or `None` for times.
    pub argument: Value,
}

/// The `format` of `strftime(format)`.
pub fn format_argument(vm: &Vm, args: Args<'_>) -> PyResult<Gc<PyStr>> {
    let mut arguments = Keyworded::new(vm, Some("strftime"), &["format"], 1, 1, args)?;
    let format = arguments.required(vm)?;
    let format = vm.cast(format).ok_or_else(|| wrong_type(vm, "strftime", 1, "str", format))?;
    arguments.finish(vm)?;
    Ok(format)
}

/// `__format__`: by the object's own `strftime`; without a format its text.
pub fn format_object(vm: &Vm, object: Value, args: Args<'_>) -> PyResult {
    let given = positionals(vm, "__format__", args, 1, 1)?[0];
    let Some(format) = vm.cast::<PyStr>(given) else {
        return Err(wrong_type(vm, "__format__", 1, "str", given));
    };
    if format.is_empty() {
        return Ok(vm.str(object)?.value());
    }
    vm.call_method(object, vm.intern("strftime"), &[format.value()])
}

/// An attribute of the module `time`, as it is now.
pub fn of_time_module(vm: &Vm, name: &str) -> PyResult {
    vm.get_attr_str(super::import(vm, "time")?, name)
}

/// A `time.struct_time`.
pub fn struct_time(vm: &Vm, day: Day, clock: Clock, dst: i32) -> PyResult {
    let parts =
        [day.year, day.month, day.day, clock.hour, clock.minute, clock.second, day.weekday(), day.day_of_year(), dst];
    let row = vm.new_tuple(&parts.map(|part| Value::small_int(part.into())))?;
    vm.call(of_time_module(vm, "struct_time")?, &[row.value()])
}

impl Subject {
    fn offset(&self, vm: &Vm, separator: &str) -> PyResult<String> {
        let offset = ask(vm, self.zone, Question::UtcOffset, self.argument)?;
        Ok(offset.map_or_else(String::new, |offset| format_offset(&offset, separator)))
    }

    /// The zone's name, percent signs doubled.
    fn zone_name(&self, vm: &Vm, out: &mut StrBuilder) -> PyResult<()> {
        let name = ask_name(vm, self.zone, self.argument)?;
        if name.is_none() {
            return Ok(());
        }
        let replaced = vm.call_method_str(name, "replace", &[vm.intern("%").value(), vm.intern("%%").value()])?;
        match vm.cast::<PyStr>(replaced) {
            Some(replaced) => out.push_py(&replaced),
            None => return Err(vm.type_error("tzname.replace() did not return a string")),
        }
        Ok(())
    }

    /// Years below 1000 with four digits, which not every C library writes.
    fn early_year(&self, vm: &Vm, code: u8, strftime: Value) -> PyResult<Option<String>> {
        let year = vm.sequence_item(self.tuple, 0)?;
        let mut year = vm.index_to_isize(year, vm.exceptions().OverflowError)?;
        if year >= 1000 {
            return Ok(None);
        }
        if code == b'G' {
            let text = vm.call(strftime, &[vm.intern("%G").value(), self.tuple])?;
            let text = vm.str(text)?.to_string_lossy();
            year = text.trim().parse().map_err(|_| vm.value_error(format_args!("invalid year: '{text}'")))?;
        }
        Ok(Some(match code {
            b'F' => format!("{year:04}-%m-%d"),
            b'C' => format!("{:02}", year.div_euclid(100)),
            _ => format!("{year:04}"),
        }))
    }

    /// The text by a format.
    pub fn format(&self, vm: &Vm, format: Gc<PyStr>) -> PyResult {
        let strftime = of_time_module(vm, "strftime")?;
        let mut out = StrBuilder::with_capacity(format.len() * 2);
        let mut at = 0;
        while at < format.len() {
            let code_point = format.data().at(at);
            at += 1;
            if code_point != u32::from(b'%') || at == format.len() {
                out.push(code_point);
                continue;
            }
            let code = format.data().at(at);
            let is = |at: usize, byte: u8| at < format.len() && format.data().at(at) == u32::from(byte);
            at += 1;
            match u8::try_from(code).unwrap_or(0) {
                b'z' => out.push_str(&self.offset(vm, "")?),
                b':' if is(at, b'z') => {
                    at += 1;
                    out.push_str(&self.offset(vm, ":")?);
                }
                b'Z' => self.zone_name(vm, &mut out)?,
                b'f' => out.push_str(&format!("{:06}", self.microsecond)),
                code @ (b'Y' | b'G' | b'F' | b'C') => match self.early_year(vm, code, strftime)? {
                    Some(text) => out.push_str(&text),
                    None => out.push_str(&format!("%{}", char::from(code))),
                },
                _ => {
                    out.push(u32::from(b'%'));
                    out.push(code);
                }
            }
        }
        let format = out.finish(vm)?;
        vm.call(strftime, &[format.value(), self.tuple])
    }
}
