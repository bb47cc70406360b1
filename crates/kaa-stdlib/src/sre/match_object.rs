//! `re.Match`.

use kaa_objects::class::PyType;
use kaa_objects::object::{Header, Slot};
use kaa_objects::types::dict::PyDict;
use kaa_objects::types::generic_alias::PyGenericAlias;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::{Args, Gc, PyResult, Raised, Trace, Value, Vm, py_type};

use super::engine::Machine;
use super::pattern::PyPattern;
use super::template::PyTemplate;
use super::text::{Output, with_text};

/// A match.
#[repr(C)]
#[derive(Trace)]
pub struct PyMatch {
    header: Header,
    pattern: Slot<Gc<PyPattern>>,
    string: Slot,
    /// Begin and end of the match, then of each group: small integers, -1 for none.
    marks: Slot<Gc<PyTuple>>,
    position: usize,
    end_position: usize,
    /// The group that was closed last; 0 for none.
    last_index: usize,
}

impl PyMatch {
    /// The match that a machine found.
    pub fn new(
        vm: &Vm,
        pattern: Gc<PyPattern>,
        string: Value,
        (position, end_position): (usize, usize),
        machine: &Machine,
    ) -> PyResult<Gc<PyMatch>> {
        let groups = pattern.groups();
        let place = |group: usize, end: usize| match machine.span(group) {
            Some((start, stop)) => Value::small_int(if end == 0 { start } else { stop } as i64),
            None => Value::small_int(-1),
        };
        let len = 2 * (groups + 1);
        let marks = vm.new_tuple_from(len, (0..len).map(|index| place(index / 2, index % 2)))?;
        let last_index = machine.last_index as usize;
        vm.alloc(PyMatch {
            header: Header::EMPTY,
            pattern: Slot::new(pattern),
            string: Slot::new(string),
            marks: Slot::new(marks),
            position,
            end_position,
            last_index,
        })
    }

    /// Begin and end of a group, as Python sees them.
    fn places(&self, group: usize) -> (Value, Value) {
        let marks = self.marks.get_set();
        (marks.as_slice()[2 * group], marks.as_slice()[2 * group + 1])
    }

    fn span_of(&self, group: usize) -> Option<(usize, usize)> {
        let (start, end) = self.places(group);
        let (start, end) = (start.as_small_int()?, end.as_small_int()?);
        if start < 0 { None } else { Some((start as usize, end as usize)) }
    }

    fn group_count(&self) -> usize {
        self.pattern.get_set().groups() + 1
    }

    /// The text of a group that exists.
    fn text_of(&self, vm: &Vm, group: usize, default: Value) -> PyResult {
        let Some((start, end)) = self.span_of(group) else { return Ok(default) };
        let string = self.string.get_set();
        with_text(vm, string, None, |text| {
            // A bytearray may have shrunk since.
            let end = end.min(text.len());
            text.slice(vm, string, start.min(end), end)
        })
    }

    /// The number of a group that is given by number or name.
    fn group_number(&self, vm: &Vm, key: Value) -> PyResult<usize> {
        let mut number = -1;
        if key.is_small_int() || vm.slots_of(key).nb_index.is_some() {
            number = vm.index_clamped(key)?;
        } else if let Some(found) = self.pattern.get_set().group_index().get(vm, key)? {
            number = vm.index_clamped(found)?;
        }
        match usize::try_from(number) {
            Ok(number) if number < self.group_count() => Ok(number),
            _ => Err(no_such_group(vm)),
        }
    }

    fn optional_group(&self, vm: &Vm, group: Option<Value>) -> PyResult<usize> {
        group.map_or(Ok(0), |group| self.group_number(vm, group))
    }
}

#[cold]
fn no_such_group(vm: &Vm) -> Raised {
    vm.index_error("no such group")
}

#[py_type(
    name = "Match",
    module = "re",
    flags(DISALLOW_INSTANTIATION),
    doc = "The result of re.match() and re.search().\nMatch objects always have a boolean value of True."
)]
impl PyMatch {
    #[slot(repr)]
    fn repr(vm: &Vm, this: Gc<PyMatch>) -> PyResult {
        let (start, end) = this.span_of(0).unwrap_or_default();
        let group = this.text_of(vm, 0, Value::NONE)?;
        let repr = vm.repr(group)?;
        let shown = repr.len().min(50);
        let mut out = kaa_objects::types::str::StrBuilder::default();
        out.push_str(&format!("<re.Match object; span=({start}, {end}), match="));
        out.push_data(repr.data().slice(0..shown));
        out.push_str(">");
        Ok(out.finish(vm)?.value())
    }

    #[slot(mp_subscript)]
    fn get_item(vm: &Vm, this: Gc<PyMatch>, key: Value) -> PyResult {
        let group = this.group_number(vm, key)?;
        this.text_of(vm, group, Value::NONE)
    }

    #[method(
        "group",
        raw,
        doc = "group([group1, ...]) -> str or tuple.\nReturn subgroup(s) of the match by indices or names.\nFor 0 returns the entire match."
    )]
    fn group(vm: &Vm, this: Gc<PyMatch>, args: Args<'_>) -> PyResult {
        args.no_keywords(vm, "Match.group")?;
        match *args.positionals() {
            [] => this.text_of(vm, 0, Value::NONE),
            [group] => {
                let group = this.group_number(vm, group)?;
                this.text_of(vm, group, Value::NONE)
            }
            ref groups => {
                let mut row = kaa_objects::types::value_vec::ValueVec::new();
                for &group in groups {
                    let group = this.group_number(vm, group)?;
                    let text = this.text_of(vm, group, Value::NONE)?;
                    row.push(vm, text)?;
                }
                Ok(row.to_tuple(vm)?.value())
            }
        }
    }

    #[method(
        "groups($self, /, default=None)",
        doc = "Return a tuple containing all the subgroups of the match, from 1.\n\n  default\n    Is used for groups that did not participate in the match."
    )]
    fn groups(vm: &Vm, this: Gc<PyMatch>, default: Value) -> PyResult<Gc<PyTuple>> {
        let mut row = kaa_objects::types::value_vec::ValueVec::new();
        for group in 1..this.group_count() {
            let text = this.text_of(vm, group, default)?;
            row.push(vm, text)?;
        }
        row.to_tuple(vm)
    }

    #[method(
        "groupdict($self, /, default=None)",
        doc = "Return a dictionary containing all the named subgroups of the match, keyed by the subgroup name.\n\n  default\n    Is used for groups that did not participate in the match."
    )]
    fn groupdict(vm: &Vm, this: Gc<PyMatch>, default: Value) -> PyResult<Gc<PyDict>> {
        let result = vm.new_dict()?;
        let index = this.pattern.get_set().group_index();
        let mut position = 0;
        while position < index.filled() {
            if let Some(entry) = index.entry(position) {
                let group = this.group_number(vm, entry.key)?;
                let text = this.text_of(vm, group, default)?;
                result.set(vm, entry.key, text)?;
            }
            position += 1;
        }
        Ok(result)
    }

    #[method("start($self, group=0, /)", doc = "Return index of the start of the substring matched by group.")]
    fn start(vm: &Vm, this: Gc<PyMatch>, group: Option<Value>) -> PyResult {
        let group = this.optional_group(vm, group)?;
        Ok(this.places(group).0)
    }

    #[method("end($self, group=0, /)", doc = "Return index of the end of the substring matched by group.")]
    fn end(vm: &Vm, this: Gc<PyMatch>, group: Option<Value>) -> PyResult {
        let group = this.optional_group(vm, group)?;
        Ok(this.places(group).1)
    }

    #[method("span($self, group=0, /)", doc = "For match object m, return the 2-tuple (m.start(group), m.end(group)).")]
    fn span(vm: &Vm, this: Gc<PyMatch>, group: Option<Value>) -> PyResult<Gc<PyTuple>> {
        let group = this.optional_group(vm, group)?;
        let (start, end) = this.places(group);
        vm.new_tuple(&[start, end])
    }

    #[method(
        "expand($self, /, template)",
        doc = "Return the string obtained by doing backslash substitution on the string template, as done by the sub() method."
    )]
    fn expand(vm: &Vm, this: Gc<PyMatch>, template: Value) -> PyResult {
        let pattern = this.pattern.get_set();
        let template = super::compile_template(vm, pattern, template)?;
        let Some(template) = vm.cast_exact::<PyTemplate>(template) else {
            return Err(vm.type_error("invalid template"));
        };
        if let Some(literal) = template.literal() {
            return Ok(literal);
        }
        with_text(vm, this.string.get_set(), None, |text| {
            let mut out = Output::like(text);
            template.expand(vm, text, &mut out, |group| (group < this.group_count()).then(|| this.span_of(group)))?;
            out.finish(vm)
        })
    }

    #[method("__copy__($self, /)")]
    fn copy(this: Gc<PyMatch>) -> Gc<PyMatch> {
        this
    }

    #[method("__deepcopy__($self, memo, /)")]
    fn deepcopy(this: Gc<PyMatch>, _memo: Value) -> Gc<PyMatch> {
        this
    }

    #[classmethod("__class_getitem__($type, object, /)", doc = "See PEP 585")]
    fn class_getitem(vm: &Vm, class: Gc<PyType>, object: Value) -> PyResult {
        PyGenericAlias::new_value(vm, class.value(), object)
    }

    #[getter("string", doc = "The string passed to match() or search().")]
    fn string(this: Gc<PyMatch>) -> Value {
        this.string.get_set()
    }

    #[getter("re", doc = "The regular expression object.")]
    fn re(this: Gc<PyMatch>) -> Value {
        this.pattern.get_set().value()
    }

    #[getter("pos", doc = "The index into the string at which the RE engine started looking for a match.")]
    fn pos(this: Gc<PyMatch>) -> usize {
        this.position
    }

    #[getter("endpos", doc = "The index into the string beyond which the RE engine will not go.")]
    fn endpos(this: Gc<PyMatch>) -> usize {
        this.end_position
    }

    #[getter("lastindex", doc = "The integer index of the last matched capturing group.")]
    fn lastindex(this: Gc<PyMatch>) -> Option<usize> {
        Some(this.last_index).filter(|&index| index != 0)
    }

    #[getter("lastgroup", doc = "The name of the last matched capturing group.")]
    fn lastgroup(this: Gc<PyMatch>) -> Value {
        let names = this.pattern.get_set().index_group();
        match names.as_slice().get(this.last_index) {
            Some(&name) if this.last_index != 0 => name,
            _ => Value::NONE,
        }
    }

    #[getter("regs")]
    fn regs(vm: &Vm, this: Gc<PyMatch>) -> PyResult<Gc<PyTuple>> {
        let mut row = kaa_objects::types::value_vec::ValueVec::new();
        for group in 0..this.group_count() {
            let (start, end) = this.places(group);
            let pair = vm.new_tuple(&[start, end])?;
            row.push(vm, pair.value())?;
        }
        row.to_tuple(vm)
    }
}
