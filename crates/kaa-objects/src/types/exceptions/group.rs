//! `BaseExceptionGroup` and `ExceptionGroup` (PEP 654), and what `except*` does with them.

use std::collections::HashSet;
use std::mem::offset_of;

use super::PyBaseException;
use super::attribute_error::set_args;
use crate::args::Args;
use crate::class::PyType;
use crate::object::Slot;
use crate::types::descriptors::MemberKind::ReadOnly;
use crate::types::list::PyList;
use crate::types::str::PyStr;
use crate::types::tuple::PyTuple;
use crate::{Gc, PyResult, Trace, Value, Vm, py_type};

/// `BaseExceptionGroup`, also `ExceptionGroup`.
#[repr(C)]
#[derive(Trace)]
pub struct PyExceptionGroup {
    base: PyBaseException,
    /// `message`.
    pub message: Slot,
    /// `exceptions`.
    pub exceptions: Slot<Gc<PyTuple>>,
    /// How the sequence of exceptions showed itself when it was given, if it was neither a list nor a
    /// tuple.
    shown: Slot<Gc<PyStr>>,
}

/// Which exceptions `split` and `subgroup` look for.
#[derive(Clone, Copy)]
enum Matcher<'a> {
    /// Of this class, or of one of a tuple of classes.
    Class(Value),
    /// For which a function answers true.
    Predicate(Value),
    /// Those at these addresses, which do not move.
    Identity(&'a HashSet<usize>),
}

impl Matcher<'_> {
    fn of(vm: &Vm, value: Value) -> PyResult<Matcher<'static>> {
        if let Some(class) = vm.cast::<PyType>(value) {
            if class.is_subclass(vm.exceptions().BaseException) {
                return Ok(Matcher::Class(value));
            }
        } else if let Some(classes) = vm.cast::<PyTuple>(value) {
            let is_exception = |class: &Value| {
                vm.cast::<PyType>(*class).is_some_and(|class| class.is_subclass(vm.exceptions().BaseException))
            };
            if classes.as_slice().iter().all(is_exception) {
                return Ok(Matcher::Class(value));
            }
        } else if vm.is_callable(value) {
            return Ok(Matcher::Predicate(value));
        }
        Err(vm.type_error("expected an exception type, a tuple of exception types, or a callable (other than a class)"))
    }

    fn matches(self, vm: &Vm, exception: Value) -> PyResult<bool> {
        match self {
            Matcher::Class(class) => vm.exception_matches(exception, class),
            Matcher::Predicate(predicate) => {
                let answer = vm.call(predicate, &[exception])?;
                vm.truth(answer)
            }
            Matcher::Identity(addresses) => {
                Ok(exception.as_object().is_some_and(|object| addresses.contains(&object.address())))
            }
        }
    }
}

impl Vm {
    /// Whether an exception is of a class or of one of a (possibly nested) tuple of classes, by its
    /// real MRO: what `except` asks.
    pub fn exception_matches(&self, exception: Value, class: Value) -> PyResult<bool> {
        if let Some(class) = self.cast::<PyType>(class) {
            return Ok(self.is_instance(exception, class));
        }
        let Some(classes) = self.cast::<PyTuple>(class) else { return Ok(false) };
        self.check_stack(" in exception matching")?;
        for &class in classes.as_slice() {
            if self.exception_matches(exception, class)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Splits an exception, or a group with all that it holds: what matches, and the rest.
    fn split_exception(&self, exception: Value, matcher: Matcher<'_>, rest: bool) -> PyResult<(Value, Value)> {
        let is_group = self.cast::<PyExceptionGroup>(exception);
        // By identity only the leaves are looked for.
        let asks_groups = !matches!(matcher, Matcher::Identity(_));
        if (asks_groups || is_group.is_none()) && matcher.matches(self, exception)? {
            return Ok((exception, Value::NONE));
        }
        let Some(group) = is_group else {
            return Ok((Value::NONE, if rest { exception } else { Value::NONE }));
        };
        self.check_stack(" in exceptiongroup_split_recursive")?;
        let (matched, unmatched) = (self.new_list(&[])?, self.new_list(&[])?);
        let exceptions = group.exceptions.get_set();
        for &exception in exceptions.as_slice() {
            let (yes, no) = self.split_exception(exception, matcher, rest)?;
            if !yes.is_none() {
                matched.push(self, yes)?;
            }
            if !no.is_none() {
                unmatched.push(self, no)?;
            }
        }
        Ok((self.part_of_group(group, matched)?, self.part_of_group(group, unmatched)?))
    }

    /// A group like another one with some of its exceptions; `None` when there are none.
    fn part_of_group(&self, group: Gc<PyExceptionGroup>, exceptions: Gc<PyList>) -> PyResult {
        if exceptions.is_empty() {
            return Ok(Value::NONE);
        }
        let part = self.call_method_str(group.value(), "derive", &[exceptions.value()])?;
        let Some(derived) = self.cast::<PyExceptionGroup>(part) else {
            return Err(self.type_error("derive must return an instance of BaseExceptionGroup"));
        };
        derived.base.traceback.set_maybe(self, derived, group.base.traceback.get());
        derived.base.context.set_maybe(self, derived, group.base.context.get());
        derived.base.cause.set_maybe(self, derived, group.base.cause.get());
        derived.base.suppress_context.set(group.base.cause.get().is_some() || derived.base.suppress_context.get());
        if let Some(notes) = self.get_attr_optional(group.value(), self.names().__notes__)?
            && self.is_sequence(notes)
        {
            let notes = self.list_from(notes)?;
            self.set_attr(part, self.names().__notes__, notes.value())?;
        }
        Ok(part)
    }

    /// What is raised after the `except*` clauses of a `try` ran on `original`: `raised` lists what
    /// they raised, and the part that none of them handled; `None`s are left out. `None` when
    /// nothing is to be raised.
    pub fn prepare_reraise_star(&self, original: Value, raised: Gc<PyList>) -> PyResult {
        if raised.is_empty() {
            return Ok(Value::NONE);
        }
        if self.cast::<PyExceptionGroup>(original).is_none() {
            // A naked exception was caught and wrapped: at most one clause ran.
            return Ok(raised.as_slice()[0]);
        }
        let (fresh, again) = (self.new_list(&[])?, self.new_list(&[])?);
        for index in 0..raised.len() {
            let Some(exception) = raised.get(index).filter(|exception| !exception.is_none()) else { continue };
            let list = if self.has_same_metadata(original, exception)? { again } else { fresh };
            list.push(self, exception)?;
        }
        let mut leaves = HashSet::new();
        for &exception in again.as_slice() {
            self.collect_leaves(exception, &mut leaves)?;
        }
        let (kept, _) = self.split_exception(original, Matcher::Identity(&leaves), false)?;
        if fresh.is_empty() {
            return Ok(kept);
        }
        if !kept.is_none() {
            fresh.push(self, kept)?;
        }
        match *fresh.as_slice() {
            [only] => Ok(only),
            _ => {
                let message = self.new_str("")?;
                self.call(self.exceptions().ExceptionGroup.value(), &[message.value(), fresh.value()])
            }
        }
    }

    /// Whether a group has the notes, traceback, cause and context of another: it was raised again
    /// and not made anew.
    fn has_same_metadata(&self, a: Value, b: Value) -> PyResult<bool> {
        let (Some(first), Some(second)) = (self.cast::<PyExceptionGroup>(a), self.cast::<PyExceptionGroup>(b)) else {
            return Ok(false);
        };
        let notes = self.names().__notes__;
        let same_notes = self.get_attr_optional(a, notes)? == self.get_attr_optional(b, notes)?;
        let (first, second) = (&first.base, &second.base);
        Ok(same_notes
            && first.traceback.get() == second.traceback.get()
            && first.cause.get() == second.cause.get()
            && first.context.get() == second.context.get())
    }

    /// The addresses of the exceptions in a group and its groups, which no longer move.
    fn collect_leaves(&self, exception: Value, leaves: &mut HashSet<usize>) -> PyResult<()> {
        let Some(group) = self.cast::<PyExceptionGroup>(exception) else {
            leaves.extend(exception.as_object().map(|object| self.pin(object)));
            return Ok(());
        };
        self.check_stack(" in collect_exception_group_leaf_ids")?;
        for &exception in group.exceptions.get_set().as_slice() {
            self.collect_leaves(exception, leaves)?;
        }
        Ok(())
    }
}

fn set_up(vm: &Vm, class: Gc<PyType>) -> PyResult<()> {
    vm.add_members(
        class,
        &[
            ("message", offset_of!(PyExceptionGroup, message), ReadOnly, "exception message"),
            ("exceptions", offset_of!(PyExceptionGroup, exceptions), ReadOnly, "nested exceptions"),
        ],
    )
}

#[py_type(
    name = "BaseExceptionGroup",
    base = PyBaseException,
    flags(BASETYPE),
    setup = set_up,
    doc = "A combination of multiple unrelated exceptions."
)]
impl PyExceptionGroup {
    #[new(raw)]
    fn new(vm: &Vm, class: Gc<PyType>, args: Args<'_>) -> PyResult<Gc<PyExceptionGroup>> {
        let &[message, exceptions] = args.positionals() else {
            let given = args.positionals().len();
            return Err(
                vm.type_error(format_args!("BaseExceptionGroup.__new__() takes exactly 2 arguments ({given} given)"))
            );
        };
        if vm.cast::<PyStr>(message).is_none() {
            let given = if message.is_none() { "None".to_owned() } else { vm.class_name(message) };
            return Err(vm.type_error(format_args!("BaseExceptionGroup.__new__() argument 1 must be str, not {given}")));
        }
        if !vm.is_sequence(exceptions) {
            return Err(vm.type_error("second argument (exceptions) must be a sequence"));
        }
        let is_plain = vm.cast::<PyList>(exceptions).is_some() || vm.cast::<PyTuple>(exceptions).is_some();
        let shown = if is_plain { None } else { Some(vm.repr(exceptions)?) };
        let row = vm.tuple_from(exceptions)?;
        if row.is_empty() {
            return Err(vm.value_error("second argument (exceptions) must be a non-empty sequence"));
        }
        let own = vm.exceptions();
        let mut all_ordinary = true;
        for (index, &exception) in row.as_slice().iter().enumerate() {
            if vm.cast::<PyBaseException>(exception).is_none() {
                return Err(
                    vm.value_error(format_args!("Item {index} of second argument (exceptions) is not an exception"))
                );
            }
            all_ordinary &= vm.is_instance(exception, own.Exception);
        }
        let mut class = class;
        if class == own.ExceptionGroup {
            if !all_ordinary {
                return Err(vm.type_error("Cannot nest BaseExceptions in an ExceptionGroup"));
            }
        } else if class == own.BaseExceptionGroup {
            if all_ordinary {
                class = own.ExceptionGroup;
            }
        } else if !all_ordinary && class.is_subclass(own.Exception) {
            let name = class.name_text();
            return Err(vm.type_error(format_args!("Cannot nest BaseExceptions in '{name}'")));
        }
        let base = PyBaseException::with_args(vm.new_tuple(args.positionals())?);
        let (message, exceptions) = (Slot::new(message), Slot::new(row));
        vm.alloc_instance(class, PyExceptionGroup { base, message, exceptions, shown: Slot::maybe(shown) })
    }

    #[init(raw)]
    fn init(vm: &Vm, this: Gc<PyExceptionGroup>, args: Args<'_>) -> PyResult<()> {
        if args.kwnames().is_some() {
            args.no_keywords(vm, &vm.class_name(this.value()))?;
        }
        // SAFETY: the struct begins with PyBaseException.
        set_args(vm, unsafe { this.cast() }, args)
    }

    #[slot(str)]
    fn str(&self, vm: &Vm) -> PyResult<String> {
        let message = vm.str(self.message.get().unwrap_or(Value::NONE))?.to_string_lossy();
        let count = self.exceptions.get_set().len();
        let s = if count == 1 { "" } else { "s" };
        Ok(format!("{message} ({count} sub-exception{s})"))
    }

    #[slot(repr)]
    fn repr(vm: &Vm, this: Gc<PyExceptionGroup>) -> PyResult<String> {
        let class = vm.class_of(this.value()).name.get_set().to_string_lossy();
        let message = vm.repr(this.message.get().unwrap_or(Value::NONE))?.to_string_lossy();
        // The sequence that was given may have changed since; its kind is kept.
        let exceptions = this.exceptions.get_set();
        if let Some(shown) = this.shown.get() {
            return Ok(format!("{class}({message}, {})", shown.to_string_lossy()));
        }
        let given = this.base.args.get_set().as_slice().get(1).copied();
        let shown = match given.and_then(|given| vm.cast::<PyList>(given)) {
            Some(_) => vm.new_list(exceptions.as_slice())?.value(),
            None => exceptions.value(),
        };
        Ok(format!("{class}({message}, {})", vm.repr(shown)?.to_string_lossy()))
    }

    #[method("derive($self, excs, /)")]
    fn derive(&self, vm: &Vm, exceptions: Value) -> PyResult {
        let message = self.message.get().unwrap_or(Value::NONE);
        vm.call(vm.exceptions().BaseExceptionGroup.value(), &[message, exceptions])
    }

    #[method("split($self, matcher_value, /)")]
    fn split(vm: &Vm, this: Gc<PyExceptionGroup>, matcher: Value) -> PyResult<Gc<PyTuple>> {
        let (matched, rest) = vm.split_exception(this.value(), Matcher::of(vm, matcher)?, true)?;
        vm.new_tuple(&[matched, rest])
    }

    #[method("subgroup($self, matcher_value, /)")]
    fn subgroup(vm: &Vm, this: Gc<PyExceptionGroup>, matcher: Value) -> PyResult {
        Ok(vm.split_exception(this.value(), Matcher::of(vm, matcher)?, false)?.0)
    }

    #[classmethod("__class_getitem__($type, object, /)", doc = "See PEP 585")]
    fn class_getitem(vm: &Vm, class: Gc<PyType>, key: Value) -> PyResult {
        crate::types::generic_alias::PyGenericAlias::new_value(vm, class.value(), key)
    }
}
