//! `re.Pattern`.

use kaa_objects::class::{CompareOp, PyType};
use kaa_objects::object::{Header, Slot};
use kaa_objects::types::dict::PyDict;
use kaa_objects::types::generic_alias::PyGenericAlias;
use kaa_objects::types::list::PyList;
use kaa_objects::types::mapping_proxy::PyMappingProxy;
use kaa_objects::types::str::{PyStr, StrBuilder};
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::types::value_vec::ValueVec;
use kaa_objects::{Gc, PyResult, Trace, Value, Vm, py_type};

use super::codes::flag;
use super::machine;
use super::match_object::PyMatch;
use super::scanner::{PyFindIterator, PyScanner};
use super::template::PyTemplate;
use super::text::{Mode, Output, Text, with_text};

/// A compiled pattern.
#[repr(C)]
#[derive(Trace)]
pub struct PyPattern {
    header: Header,
    /// What it was compiled from.
    pattern: Slot,
    /// Names of groups with their numbers.
    group_index: Slot<Gc<PyDict>>,
    /// The groups' names, by number.
    index_group: Slot<Gc<PyTuple>>,
    #[trace(skip)]
    code: Box<[u32]>,
    groups: usize,
    flags: i32,
    /// Whether it is for bytes; `None` for either.
    #[trace(skip)]
    is_bytes: Option<bool>,
}

/// The parts of a pattern that `_sre.compile` is given.
pub struct Parts {
    pub pattern: Value,
    pub flags: i32,
    pub code: Box<[u32]>,
    pub groups: usize,
    pub group_index: Gc<PyDict>,
    pub index_group: Gc<PyTuple>,
    pub is_bytes: Option<bool>,
}

/// The name and bit of each flag that `repr` shows.
const FLAG_NAMES: [(i32, &str); 8] = [
    (2, "re.IGNORECASE"),
    (4, "re.LOCALE"),
    (8, "re.MULTILINE"),
    (16, "re.DOTALL"),
    (32, "re.UNICODE"),
    (64, "re.VERBOSE"),
    (128, "re.DEBUG"),
    (256, "re.ASCII"),
];

/// What a match is replaced by.
enum Replacement {
    Literal(Value),
    Template(Gc<PyTemplate>),
    Function(Value),
}

impl PyPattern {
    /// A pattern of its parts.
    pub fn new(vm: &Vm, parts: Parts) -> PyResult<Gc<PyPattern>> {
        vm.alloc(PyPattern {
            header: Header::EMPTY,
            pattern: Slot::new(parts.pattern),
            group_index: Slot::new(parts.group_index),
            index_group: Slot::new(parts.index_group),
            code: parts.code,
            groups: parts.groups,
            flags: parts.flags,
            is_bytes: parts.is_bytes,
        })
    }

    /// The code and the number of groups: what the matcher needs.
    pub fn program(&self) -> (&[u32], usize) {
        (&self.code, self.groups)
    }

    /// The number of groups.
    pub fn groups(&self) -> usize {
        self.groups
    }

    /// Names of groups with their numbers.
    pub fn group_index(&self) -> Gc<PyDict> {
        self.group_index.get_set()
    }

    /// The groups' names, by number.
    pub fn index_group(&self) -> Gc<PyTuple> {
        self.index_group.get_set()
    }
}

fn clamp(position: isize, len: usize) -> usize {
    position.clamp(0, len as isize) as usize
}

fn apply(vm: &Vm, this: Gc<PyPattern>, string: Value, pos: isize, endpos: isize, mode: Mode) -> PyResult {
    with_text(vm, string, this.is_bytes, |text| {
        let range = (clamp(pos, text.len()), clamp(endpos, text.len()));
        let made =
            text.run(vm, this.program(), range, mode, false, |machine| PyMatch::new(vm, this, string, range, machine))?;
        Ok(made.map_or(Value::NONE, |made| made.value()))
    })
}

/// Calls a function for each match from `start` to `end`, until it gives false. The machine is
/// free for other matches meanwhile; the function is given a copy of the match's places.
fn for_each_match(
    vm: &Vm,
    this: Gc<PyPattern>,
    text: Text<'_>,
    (mut start, end): (usize, usize),
    mut each: impl FnMut((usize, usize)) -> PyResult<bool>,
) -> PyResult<()> {
    let mut must_advance = false;
    loop {
        let found = text.run(vm, this.program(), (start, end), Mode::Search, must_advance, |machine| {
            Ok((machine.start, machine.end))
        })?;
        let Some(found) = found else { return Ok(()) };
        if !each(found)? {
            return Ok(());
        }
        must_advance = found.0 == found.1;
        start = found.1;
    }
}

fn replacement(vm: &Vm, this: Gc<PyPattern>, repl: Value) -> PyResult<Replacement> {
    if vm.is_callable(repl) {
        return Ok(Replacement::Function(repl));
    }
    let literal = if let Some(string) = vm.cast::<PyStr>(repl) {
        !string.data().iter().any(|code| code == u32::from(b'\\'))
    } else if vm.is_bytes_like(repl) {
        vm.with_bytes(repl, |bytes| Ok(!bytes.contains(&b'\\')))?
    } else {
        false
    };
    if literal {
        return Ok(Replacement::Literal(repl));
    }
    let template = super::compile_template(vm, this, repl)?;
    Ok(match vm.cast_exact::<PyTemplate>(template) {
        Some(template) => match template.literal() {
            Some(literal) => Replacement::Literal(literal),
            None => Replacement::Template(template),
        },
        None if vm.is_callable(template) => Replacement::Function(template),
        None => Replacement::Literal(template),
    })
}

/// The string with matches replaced, and how many were.
fn substitute(vm: &Vm, this: Gc<PyPattern>, repl: Value, string: Value, count: isize) -> PyResult<(Value, usize)> {
    // The kinds are checked before the replacement is looked at.
    with_text(vm, string, this.is_bytes, |text| {
        let replacement = replacement(vm, this, repl)?;
        let mut out = Output::like(text);
        let (mut done, mut items, mut replaced) = (0, 0, 0);
        for_each_match(vm, this, text, (0, text.len()), |(start, end)| {
            if count < 0 {
                return Ok(false);
            }
            if done < start {
                out.push_part(text, done, start);
                items += 1;
            }
            match replacement {
                Replacement::Literal(literal) => {
                    out.push_value(vm, literal, items)?;
                    items += 1;
                }
                Replacement::Template(template) => {
                    let machine = machine(vm).borrow();
                    template.expand(vm, text, &mut out, |group| (group <= this.groups).then(|| machine.span(group)))?;
                    items += 1;
                }
                Replacement::Function(function) => {
                    let found = PyMatch::new(vm, this, string, (0, text.len()), &machine(vm).borrow())?;
                    let item = vm.call(function, &[found.value()])?;
                    if !item.is_none() {
                        out.push_value(vm, item, items)?;
                        items += 1;
                    }
                }
            }
            done = end;
            replaced += 1;
            Ok(count == 0 || replaced < count as usize)
        })?;
        if replaced == 0 {
            return Ok((text.slice(vm, string, 0, text.len())?, 0));
        }
        out.push_part(text, done, text.len());
        Ok((out.finish(vm)?, replaced))
    })
}

#[py_type(
    name = "Pattern",
    module = "re",
    drop,
    flags(DISALLOW_INSTANTIATION, MANAGED_WEAKREF),
    doc = "Compiled regular expression object."
)]
impl PyPattern {
    #[slot(repr)]
    fn repr(vm: &Vm, this: Gc<PyPattern>) -> PyResult {
        let mut flags = this.flags;
        // What a pattern of text has anyway is not shown.
        if this.is_bytes != Some(true) && flags & (flag::LOCALE | flag::UNICODE | flag::ASCII) == flag::UNICODE {
            flags &= !flag::UNICODE;
        }
        let mut names = Vec::new();
        for (bit, name) in FLAG_NAMES {
            if flags & bit != 0 {
                names.push(name.to_owned());
                flags &= !bit;
            }
        }
        if flags != 0 {
            names.push(format!("{flags:#x}"));
        }
        let repr = vm.repr(this.pattern.get_set())?;
        let mut out = StrBuilder::default();
        out.push_str("re.compile(");
        out.push_data(repr.data().slice(0..repr.len().min(200)));
        if !names.is_empty() {
            out.push_str(", ");
            out.push_str(&names.join("|"));
        }
        out.push_str(")");
        Ok(out.finish(vm)?.value())
    }

    #[slot(hash)]
    fn hash(vm: &Vm, this: Gc<PyPattern>) -> PyResult<i64> {
        let mut hash = vm.hash(this.pattern.get_set())? as u64;
        for &word in &this.code {
            hash = (hash ^ u64::from(word)).wrapping_mul(0x100_0000_01b3).rotate_left(5);
        }
        let hash = hash as i64 ^ i64::from(this.flags) ^ this.groups as i64;
        Ok(if hash == -1 { -2 } else { hash })
    }

    #[slot(richcompare)]
    fn compare(vm: &Vm, a: Value, b: Value, op: CompareOp) -> PyResult {
        let (Some(a), Some(b)) = (vm.cast::<PyPattern>(a), vm.cast::<PyPattern>(b)) else {
            return Ok(Value::NOT_IMPLEMENTED);
        };
        if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
            return Ok(Value::NOT_IMPLEMENTED);
        }
        let equal = a == b
            || (a.flags == b.flags
                && a.is_bytes == b.is_bytes
                && a.code == b.code
                && vm.equal(a.pattern.get_set(), b.pattern.get_set())?);
        Ok(Value::bool(equal == (op == CompareOp::Eq)))
    }

    #[method(
        "match($self, /, string, pos=0, endpos=sys.maxsize)",
        doc = "Matches zero or more characters at the beginning of the string."
    )]
    fn match_start(vm: &Vm, this: Gc<PyPattern>, string: Value, pos: isize, endpos: isize) -> PyResult {
        apply(vm, this, string, pos, endpos, Mode::Match)
    }

    #[method("fullmatch($self, /, string, pos=0, endpos=sys.maxsize)", doc = "Matches against all of the string.")]
    fn fullmatch(vm: &Vm, this: Gc<PyPattern>, string: Value, pos: isize, endpos: isize) -> PyResult {
        apply(vm, this, string, pos, endpos, Mode::FullMatch)
    }

    #[method(
        "search($self, /, string, pos=0, endpos=sys.maxsize)",
        doc = "Scan through string looking for a match, and return a corresponding match object instance.\n\nReturn None if no position in the string matches."
    )]
    fn search(vm: &Vm, this: Gc<PyPattern>, string: Value, pos: isize, endpos: isize) -> PyResult {
        apply(vm, this, string, pos, endpos, Mode::Search)
    }

    #[method(
        "findall($self, /, string, pos=0, endpos=sys.maxsize)",
        doc = "Return a list of all non-overlapping matches of pattern in string."
    )]
    fn findall(vm: &Vm, this: Gc<PyPattern>, string: Value, pos: isize, endpos: isize) -> PyResult<Gc<PyList>> {
        with_text(vm, string, this.is_bytes, |text| {
            let found = vm.new_list(&[])?;
            let empty = text.empty(vm)?;
            let range = (clamp(pos, text.len()), clamp(endpos, text.len()));
            for_each_match(vm, this, text, range, |(start, end)| {
                let machine = machine(vm).borrow();
                let item = match this.groups {
                    0 => text.slice(vm, string, start, end)?,
                    1 => text.group(vm, string, &machine, 1, empty)?,
                    groups => {
                        let mut row = ValueVec::new();
                        for group in 1..=groups {
                            let text = text.group(vm, string, &machine, group, empty)?;
                            row.push(vm, text)?;
                        }
                        row.to_tuple(vm)?.value()
                    }
                };
                found.push(vm, item)?;
                Ok(true)
            })?;
            Ok(found)
        })
    }

    #[method("scanner($self, /, string, pos=0, endpos=sys.maxsize)")]
    fn scanner(vm: &Vm, this: Gc<PyPattern>, string: Value, pos: isize, endpos: isize) -> PyResult<Gc<PyScanner>> {
        let len = with_text(vm, string, this.is_bytes, |text| Ok(text.len()))?;
        PyScanner::new(vm, this, string, (clamp(pos, len), clamp(endpos, len)))
    }

    #[method(
        "finditer($self, /, string, pos=0, endpos=sys.maxsize)",
        doc = "Return an iterator over all non-overlapping matches for the RE pattern in string.\n\nFor each match, the iterator returns a match object."
    )]
    fn finditer(
        vm: &Vm,
        this: Gc<PyPattern>,
        string: Value,
        pos: isize,
        endpos: isize,
    ) -> PyResult<Gc<PyFindIterator>> {
        let scanner = PyPattern::scanner(vm, this, string, pos, endpos)?;
        PyFindIterator::over(vm, scanner)
    }

    #[method("split($self, /, string, maxsplit=0)", doc = "Split string by the occurrences of pattern.")]
    fn split(vm: &Vm, this: Gc<PyPattern>, string: Value, maxsplit: isize) -> PyResult<Gc<PyList>> {
        with_text(vm, string, this.is_bytes, |text| {
            let parts = vm.new_list(&[])?;
            let (mut last, mut splits) = (0, 0);
            for_each_match(vm, this, text, (0, text.len()), |(start, end)| {
                if maxsplit < 0 {
                    return Ok(false);
                }
                let part = text.slice(vm, string, last, start)?;
                parts.push(vm, part)?;
                for group in 1..=this.groups {
                    let part = text.group(vm, string, &machine(vm).borrow(), group, Value::NONE)?;
                    parts.push(vm, part)?;
                }
                last = end;
                splits += 1;
                Ok(maxsplit == 0 || splits < maxsplit)
            })?;
            let part = text.slice(vm, string, last, text.len())?;
            parts.push(vm, part)?;
            Ok(parts)
        })
    }

    #[method(
        "sub($self, /, repl, string, count=0)",
        doc = "Return the string obtained by replacing the leftmost non-overlapping occurrences of pattern in string by the replacement repl."
    )]
    fn sub(vm: &Vm, this: Gc<PyPattern>, repl: Value, string: Value, count: isize) -> PyResult {
        Ok(substitute(vm, this, repl, string, count)?.0)
    }

    #[method(
        "subn($self, /, repl, string, count=0)",
        doc = "Return the tuple (new_string, number_of_subs_made) found by replacing the leftmost non-overlapping occurrences of pattern with the replacement repl."
    )]
    fn subn(vm: &Vm, this: Gc<PyPattern>, repl: Value, string: Value, count: isize) -> PyResult<Gc<PyTuple>> {
        let (result, replaced) = substitute(vm, this, repl, string, count)?;
        vm.new_tuple(&[result, Value::small_int(replaced as i64)])
    }

    #[method("__copy__($self, /)")]
    fn copy(this: Gc<PyPattern>) -> Gc<PyPattern> {
        this
    }

    #[method("__deepcopy__($self, memo, /)")]
    fn deepcopy(this: Gc<PyPattern>, _memo: Value) -> Gc<PyPattern> {
        this
    }

    #[classmethod("__class_getitem__($type, object, /)", doc = "See PEP 585")]
    fn class_getitem(vm: &Vm, class: Gc<PyType>, object: Value) -> PyResult {
        PyGenericAlias::new_value(vm, class.value(), object)
    }

    #[getter("pattern", doc = "The pattern string from which the RE object was compiled.")]
    fn pattern(this: Gc<PyPattern>) -> Value {
        this.pattern.get_set()
    }

    #[getter("flags", doc = "The regex matching flags.")]
    fn flags(this: Gc<PyPattern>) -> i32 {
        this.flags
    }

    #[getter("groups", doc = "The number of capturing groups in the pattern.")]
    fn group_count(this: Gc<PyPattern>) -> usize {
        this.groups
    }

    #[getter("groupindex", doc = "A dictionary mapping group names to group numbers.")]
    fn groupindex(vm: &Vm, this: Gc<PyPattern>) -> PyResult {
        PyMappingProxy::of(vm, this.group_index().value())
    }
}
