//! Signatures of native functions, and how the arguments of a call are bound to them.
//!
//! Calls that give the right number of arguments by position, which nearly all do, take the fast
//! path: the parameters are read from the caller's stack. Keywords are sorted into a row of the
//! callee's. Errors are worded as CPython words them for a function of the same shape: its
//! `METH_NOARGS`, `METH_O`, `_PyArg_CheckPositional` and `_PyArg_UnpackKeywords`.

use std::ptr;

use super::{Args, Argument};
use crate::class::{PyType, TypeDef};
use crate::types::dict::PyDict;
use crate::types::str::PyStr;
use crate::{Gc, PyResult, Raised, Value, Vm};

/// The parameters of a native function, without what it is bound to.
pub struct Signature {
    /// The name of the function, or of the type for constructors: most messages begin with it.
    pub name: &'static str,
    /// The name with that of its type or module, `list.append`, for functions without keywords.
    pub qualname: &'static str,
    /// The parameters that take one argument: positional-only ones, those that can be given both
    /// ways, keyword-only ones.
    pub params: &'static [&'static str],
    /// How many are positional-only.
    pub positional_only: usize,
    /// How many can be given by position.
    pub positional: usize,
    /// How many of those must be given.
    pub required: usize,
    /// How many of the keyword-only ones must be given; they are the first of them.
    pub required_keywords: usize,
    /// Whether there is a `*args`.
    pub var_positional: bool,
    /// Whether there is a `**kwargs`.
    pub var_keyword: bool,
    /// Whether it belongs to a type's `__new__` or `__init__`.
    pub constructor: bool,
    /// Whether more keyword arguments than there are parameters are counted before they are looked at.
    pub keywords_apart: bool,
}

/// The arguments of a call by parameter.
#[derive(Clone, Copy)]
pub struct Given<'a> {
    signature: &'static Signature,
    args: Args<'a>,
    /// The arguments of the first parameters; further ones were not given.
    named: &'a [Option<Value>],
}

impl<'a> Given<'a> {
    /// The argument of a parameter, if one was given.
    #[inline(always)]
    pub fn get(&self, index: usize) -> Option<Value> {
        self.named.get(index).copied().flatten()
    }

    /// The argument of a required parameter.
    #[inline(always)]
    pub fn required(&self, index: usize) -> Value {
        match self.get(index) {
            Some(value) => value,
            None => unreachable!("binding checks that required arguments are given"),
        }
    }

    /// The arguments of `*args`.
    #[inline(always)]
    pub fn rest(&self) -> &'a [Value] {
        self.args.positionals().get(self.signature.positional..).unwrap_or(&[])
    }

    /// The arguments of `**kwargs`.
    #[inline(always)]
    pub fn keywords(&self) -> Keywords<'a> {
        Keywords { signature: self.signature, args: self.args }
    }
}

/// The arguments of `**kwargs`: keywords that are no parameters. Nothing is copied.
#[derive(Clone, Copy)]
pub struct Keywords<'a> {
    signature: &'static Signature,
    args: Args<'a>,
}

impl<'a> Keywords<'a> {
    /// The keywords in the order of the call.
    pub fn iter(self) -> impl Iterator<Item = (Gc<PyStr>, Value)> + 'a {
        let by_keyword = &self.signature.params[self.signature.positional_only..];
        self.args.keywords().filter(|(name, _)| !by_keyword.iter().any(|param| name.equals_str(param)))
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.iter().next().is_none()
    }

    /// A dict of the keywords.
    pub fn to_dict(self, vm: &Vm) -> PyResult<Gc<PyDict>> {
        let dict = vm.new_dict()?;
        self.iter().try_for_each(|(name, value)| dict.set_str(vm, name, value))?;
        Ok(dict)
    }
}

impl Signature {
    /// A parameter, for the messages of its conversion.
    #[inline(always)]
    pub fn argument(&'static self, index: usize) -> Argument {
        Argument::new(self, index)
    }

    /// Binds the arguments of a call. `row` has an empty place for each parameter; it is written
    /// when there are keywords.
    #[inline(always)]
    pub fn bind<'a>(&'static self, vm: &Vm, args: Args<'a>, row: &'a mut [Option<Value>]) -> PyResult<Given<'a>> {
        let count = args.all().len();
        if args.kwnames().is_none()
            && self.required_keywords == 0
            && count >= self.required
            && (count <= self.positional || self.var_positional)
        {
            let positional = &args.all()[..count.min(self.positional)];
            // SAFETY: `Option<Value>` is one word, equal to that of the value it holds.
            let named = unsafe { &*(ptr::from_ref(positional) as *const [Option<Value>]) };
            return Ok(Given { signature: self, args, named });
        }
        self.bind_slow(vm, args, row)?;
        Ok(Given { signature: self, args, named: row })
    }

    /// Whether an argument can be given by keyword.
    fn takes_keywords(&self) -> bool {
        self.params.len() > self.positional_only || self.var_keyword
    }

    #[inline(never)]
    fn bind_slow(&self, vm: &Vm, args: Args<'_>, row: &mut [Option<Value>]) -> PyResult<()> {
        if !self.takes_keywords() {
            let name = if self.constructor { self.name } else { self.qualname };
            args.no_keywords(vm, name)?;
            return Err(self.wrong_count(vm, args.all().len()));
        }
        self.check_counts(vm, args)?;
        if self.keywords_apart {
            vm.check_keyword_count(self.name, self.params.len(), args)?;
        }
        let positional = args.positionals();
        let from_row = positional.len().min(self.positional);
        for (place, &value) in row.iter_mut().zip(&positional[..from_row]) {
            *place = Some(value);
        }
        let mut keywords_left = args.kwnames().map_or(0, |names| names.len());
        for (index, (place, param)) in row.iter_mut().zip(self.params).enumerate() {
            if index < from_row.max(self.positional_only) {
                continue;
            }
            if keywords_left > 0 {
                *place = args.keyword(param);
                if place.is_some() {
                    keywords_left -= 1;
                    continue;
                }
            }
            let required =
                index < self.required || (self.positional..self.positional + self.required_keywords).contains(&index);
            if required {
                let (name, position) = (self.name, index + 1);
                return Err(
                    vm.type_error(format_args!("{name}() missing required argument '{param}' (pos {position})"))
                );
            }
        }
        if keywords_left > 0 { self.check_left_over(vm, args, from_row) } else { Ok(()) }
    }

    /// The checks of a function with keywords that need only the numbers of arguments.
    fn check_counts(&self, vm: &Vm, args: Args<'_>) -> PyResult<()> {
        let (name, max) = (self.name, self.params.len());
        let (positional, all) = (args.positionals().len(), args.all().len());
        let s = |count| if count == 1 { "" } else { "s" };
        if all > max && !self.var_positional && !self.var_keyword {
            let keyword = if positional == 0 { "keyword " } else { "" };
            return Err(
                vm.type_error(format_args!("{name}() takes at most {max} {keyword}argument{} ({all} given)", s(max)))
            );
        }
        let max = self.positional;
        if positional > max && !self.var_positional {
            if max == 0 {
                return Err(vm.type_error(format_args!("{name}() takes no positional arguments")));
            }
            let bound = if self.required < max { "at most" } else { "exactly" };
            return Err(vm.type_error(format_args!(
                "{name}() takes {bound} {max} positional argument{} ({positional} given)",
                s(max)
            )));
        }
        let min = self.required.min(self.positional_only);
        if positional < min {
            let bound = if min < max { "at least" } else { "exactly" };
            return Err(vm.type_error(format_args!(
                "{name}() takes {bound} {min} positional argument{} ({positional} given)",
                s(min)
            )));
        }
        Ok(())
    }

    /// What to say of keywords that no parameter without an argument took. `by_position` is how
    /// many parameters have one by position.
    #[cold]
    fn check_left_over(&self, vm: &Vm, args: Args<'_>, by_position: usize) -> PyResult<()> {
        let name = self.name;
        for index in self.positional_only..by_position {
            let param = self.params[index];
            if args.keyword(param).is_some() {
                return Err(vm.type_error(format_args!(
                    "argument for {name}() given by name ('{param}') and position ({})",
                    index + 1
                )));
            }
        }
        if self.var_keyword {
            return Ok(());
        }
        let by_keyword = &self.params[self.positional_only..];
        // A function of C without a name in its format.
        let function = if name.is_empty() { "this function".to_owned() } else { format!("{name}()") };
        Err(vm.unexpected_keyword(&function, by_keyword, args))
    }

    /// The error of a function without keywords that was given a wrong number of arguments.
    #[cold]
    fn wrong_count(&self, vm: &Vm, given: usize) -> Raised {
        let Signature { name, qualname, positional: max, required: min, .. } = *self;
        if !self.constructor && !self.var_positional {
            if max == 0 {
                return vm.type_error(format_args!("{qualname}() takes no arguments ({given} given)"));
            }
            if max == 1 && min == 1 {
                return vm.type_error(format_args!("{qualname}() takes exactly one argument ({given} given)"));
            }
        }
        if max == 0 && !self.var_positional {
            return vm.type_error(format_args!("{name}() takes no arguments"));
        }
        let max = if self.var_positional { usize::MAX } else { max };
        vm.wrong_positional_count(name, given, min, max)
    }

    /// The arguments of `__new__` of a type whose constructor takes no keywords: those meant for
    /// the `__init__` of a subclass are left out.
    pub fn args_for_new<'a>(&self, vm: &Vm, own: &'static TypeDef, class: Gc<PyType>, args: Args<'a>) -> Args<'a> {
        let own = vm.native_class(own);
        let same = match (class.slots().init, own.slots().init) {
            (Some(a), Some(b)) => ptr::fn_addr_eq(a, b),
            (a, b) => a.is_none() && b.is_none(),
        };
        if args.kwnames().is_none() || same {
            return args;
        }
        Args::positional(args.positionals())
    }

    /// The arguments of `__init__` of a type whose constructor takes no keywords: those meant for
    /// the `__new__` of a subclass are left out.
    pub fn args_for_init<'a>(&self, vm: &Vm, own: &'static TypeDef, this: Value, args: Args<'a>) -> Args<'a> {
        let (own, class) = (vm.native_class(own), vm.class_of(this));
        let same = match (class.slots().new, own.slots().new) {
            (Some(a), Some(b)) => ptr::fn_addr_eq(a, b),
            (a, b) => a.is_none() && b.is_none(),
        };
        if args.kwnames().is_none() || same {
            return args;
        }
        Args::positional(args.positionals())
    }
}

impl Vm {
    /// «pop expected at most 1 argument, got 2»: the error of a function that takes `min` to `max`
    /// arguments by position. `name` is that of the function or type alone.
    #[cold]
    pub fn wrong_positional_count(&self, name: &str, given: usize, min: usize, max: usize) -> Raised {
        let (bound, expected) = match given < min {
            _ if min == max => ("", min),
            true => ("at least ", min),
            false => ("at most ", max),
        };
        let s = if expected == 1 { "" } else { "s" };
        self.type_error(format_args!("{name} expected {bound}{expected} argument{s}, got {given}"))
    }
}
