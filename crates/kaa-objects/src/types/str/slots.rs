//! The slots of `str`.

use std::cmp::Ordering;

use super::core::{Kind, PyStr, StrData};
use super::units::{Extent, StrWriter, with_units};
use super::{case, construct, find, format_method, iterator, join, pad, predicates, replace, repr, search};
use super::{split, strip, translate};
use crate::class::{CompareOp, PyType};
use crate::types::slice::PySlice;
use crate::{Args, Gc, PyResult, Value, Vm, ids, py_type};

fn this_str(this: Value) -> Gc<PyStr> {
    // SAFETY: slots are called with objects of their type only.
    unsafe { this.as_gc_unchecked() }
}

/// The order of two texts: that of their code points.
pub(super) fn order(a: StrData<'_>, b: StrData<'_>) -> Ordering {
    match (a, b) {
        (StrData::Latin1(a), StrData::Latin1(b)) => a.cmp(b),
        (StrData::Ucs2(a), StrData::Ucs2(b)) => a.cmp(b),
        (StrData::Ucs4(a), StrData::Ucs4(b)) => a.cmp(b),
        _ => with_units!(a, a => with_units!(b, b => {
            #[allow(clippy::useless_conversion, reason = "one of the three is u32 already")]
            let order = a.iter().map(|&c| u32::from(c)).cmp(b.iter().map(|&c| u32::from(c)));
            order
        })),
    }
}

#[py_type(
    doc = "str(object='') -> str
str(bytes_or_buffer[, encoding[, errors]]) -> str

Create a new string object from the given object. If encoding or
errors is specified, then the object must expose a data buffer
that will be decoded using the given encoding and error handler.
Otherwise, returns the result of object.__str__() (if defined)
or repr(object).
encoding defaults to 'utf-8'.
errors defaults to 'strict'.",
    name = "str", id = ids::STR, layout = variable_raw, flags(BASETYPE, UNICODE_SUBCLASS, MATCH_SELF),
    parts(
        search::SEARCH, split::SPLIT, join::JOIN, strip::STRIP, replace::REPLACE, case::CASE,
        predicates::PREDICATES, pad::PAD, translate::TRANSLATE, format_method::FORMAT, construct::CONVERT
    )
)]
impl PyStr {
    #[new(raw)]
    fn new(vm: &Vm, class: Gc<PyType>, args: Args<'_>) -> PyResult<Gc<PyStr>> {
        construct::new(vm, class, args)
    }

    #[slot(repr)]
    fn repr(vm: &Vm, this: Gc<PyStr>) -> PyResult<Gc<PyStr>> {
        repr::repr(vm, this)
    }

    #[slot(str)]
    fn str(vm: &Vm, this: Gc<PyStr>) -> PyResult<Gc<PyStr>> {
        vm.exact_str(this)
    }

    #[slot(hash)]
    fn hash_slot(vm: &Vm, this: Gc<PyStr>) -> i64 {
        this.hash(vm)
    }

    #[slot(richcompare)]
    fn compare(vm: &Vm, a: Value, b: Value, op: CompareOp) -> Value {
        let (Some(a), Some(b)) = (vm.cast::<PyStr>(a), vm.cast::<PyStr>(b)) else {
            return Value::NOT_IMPLEMENTED;
        };
        Value::bool(match op {
            CompareOp::Eq => a.equals(&b),
            CompareOp::Ne => !a.equals(&b),
            _ => op.holds(order(a.data(), b.data())),
        })
    }

    #[slot(sq_length)]
    fn sequence_length(&self) -> usize {
        self.len()
    }

    #[slot(mp_length)]
    fn mapping_length(&self) -> usize {
        self.len()
    }

    #[slot(sq_contains)]
    fn contains(vm: &Vm, this: Gc<PyStr>, item: Value) -> PyResult<bool> {
        match vm.cast::<PyStr>(item) {
            Some(item) => Ok(find::find(this.data(), item.data()).is_some()),
            None => {
                let class = vm.class_name(item);
                Err(vm.type_error(format_args!("'in <string>' requires string as left operand, not {class}")))
            }
        }
    }

    #[slot(sq_concat)]
    fn concat(vm: &Vm, a: Value, b: Value) -> PyResult<Gc<PyStr>> {
        match vm.cast::<PyStr>(b) {
            Some(b) => vm.concat_str(this_str(a), b),
            None => {
                let class = vm.class_name(b);
                Err(vm.type_error(format_args!("can only concatenate str (not \"{class}\") to str")))
            }
        }
    }

    #[slot(sq_repeat)]
    fn repeat(vm: &Vm, this: Value, count: isize) -> PyResult<Gc<PyStr>> {
        let this = this_str(this);
        let count = usize::try_from(count).unwrap_or(0);
        if count == 1 || this.is_empty() && count > 0 {
            return vm.exact_str(this);
        }
        if count == 0 {
            return vm.new_str_latin1(b"");
        }
        let len = this.len().checked_mul(count).filter(|&len| len <= isize::MAX as usize);
        let len = len.ok_or_else(|| vm.overflow_error("repeated string is too long"))?;
        let mut out = StrWriter::new(vm, Extent { len, ..Extent::of(&this) })?;
        match this.data() {
            StrData::Latin1(&[byte]) => out.fill(byte.into(), count),
            data => (0..count).for_each(|_| out.push_data(data)),
        }
        Ok(out.finish())
    }

    #[slot(sq_item)]
    fn item(vm: &Vm, this: Value, index: isize) -> PyResult<Gc<PyStr>> {
        let this = this_str(this);
        match usize::try_from(index) {
            Ok(index) if index < this.len() => vm.new_str_char(this.data().at(index)),
            _ => Err(vm.index_error("string index out of range")),
        }
    }

    #[slot(mp_subscript)]
    fn subscript(vm: &Vm, this: Value, key: Value) -> PyResult<Gc<PyStr>> {
        let len = this_str(this).len() as isize;
        if let Some(index) = key.as_small_int() {
            let index = index as isize;
            return PyStr::item(vm, this, if index < 0 { index + len } else { index });
        }
        if let Some(slice) = vm.cast::<PySlice>(key) {
            return PyStr::slice(vm, this_str(this), slice);
        }
        if vm.slots_of(key).nb_index.is_none() {
            let class = vm.class_name(key);
            return Err(vm.type_error(format_args!("string indices must be integers, not '{class}'")));
        }
        let index = vm.index_to_isize(key, vm.exceptions().IndexError)?;
        PyStr::item(vm, this, if index < 0 { index + len } else { index })
    }

    #[slot(nb_remainder)]
    fn remainder(vm: &Vm, a: Value, b: Value) -> PyResult {
        match vm.cast::<PyStr>(a) {
            Some(format) => Ok(crate::format::percent_str(vm, format, b)?.value()),
            None => Ok(Value::NOT_IMPLEMENTED),
        }
    }

    #[slot(iter)]
    fn iter(vm: &Vm, this: Gc<PyStr>) -> PyResult {
        iterator::over(vm, this)
    }
}

impl PyStr {
    fn slice(vm: &Vm, this: Gc<PyStr>, slice: Gc<PySlice>) -> PyResult<Gc<PyStr>> {
        let range = slice.unpack(vm)?.adjust(this.len());
        if range.step == 1 || range.len <= 1 {
            let start = range.start.max(0) as usize;
            return match range.len {
                0 => vm.new_str_latin1(b""),
                len => vm.substring(this, start, start + len),
            };
        }
        let data = this.data();
        if this.is_ascii() {
            let mut out = StrWriter::new(vm, Extent { kind: Kind::Latin1, ascii: true, len: range.len })?;
            range.indices().for_each(|at| out.push(data.at(at)));
            return Ok(out.finish());
        }
        let bits = range.indices().fold(0, |bits, at| bits | data.at(at));
        let mut out = StrWriter::new(vm, Extent { kind: Kind::of(bits), ascii: bits < 128, len: range.len })?;
        range.indices().for_each(|at| out.push(data.at(at)));
        Ok(out.finish())
    }
}

impl Vm {
    /// `a + b`.
    pub fn concat_str(&self, a: Gc<PyStr>, b: Gc<PyStr>) -> PyResult<Gc<PyStr>> {
        if a.is_empty() {
            return self.exact_str(b);
        }
        if b.is_empty() {
            return self.exact_str(a);
        }
        let len = a.len().checked_add(b.len()).filter(|&len| len <= isize::MAX as usize);
        let len = len.ok_or_else(|| self.overflow_error("strings are too large to concat"))?;
        let extent = Extent { kind: a.kind().max(b.kind()), ascii: a.is_ascii() && b.is_ascii(), len };
        let mut out = StrWriter::new(self, extent)?;
        out.push_data(a.data());
        out.push_data(b.data());
        Ok(out.finish())
    }
}
