//! The variables of code by kind, and whether a function needs nothing of the module that it is in:
//! `_testinternalcapi.get_code_var_counts` and `verify_stateless_code`.

use std::collections::HashSet;

use kaa_bytecode::{Opcode, flags, kind};
use kaa_macros::py_functions;
use kaa_objects::types::code::PyCode;
use kaa_objects::types::dict::PyDict;
use kaa_objects::types::function::PyFunction;
use kaa_objects::{Gc, PyResult, Value, Vm};

use crate::internal::TestInternals;

/// How many variables of each kind a code object has.
#[derive(Default)]
struct Counts {
    positional_only: i64,
    positional: i64,
    keyword_only: i64,
    varargs: i64,
    varkwargs: i64,
    /// Locals that are no parameters, cells or hidden.
    pure: i64,
    argument_cells: i64,
    other_cells: i64,
    hidden_pure: i64,
    hidden_cells: i64,
    free: i64,
    attributes: i64,
    globals: i64,
    builtins: i64,
    /// Global names of which it is not known whether they are builtins.
    unknown_globals: i64,
    /// Names used in other ways.
    unknown: i64,
}

/// Code, and the namespaces that its names are looked for in.
struct Subject {
    code: Gc<PyCode>,
    globals: Option<Gc<PyDict>>,
    builtins: Option<Gc<PyDict>>,
}

impl Subject {
    fn of(vm: &Vm, code: Value) -> PyResult<Subject> {
        let subject = match (vm.cast::<PyCode>(code), vm.cast::<PyFunction>(code)) {
            (Some(code), _) => Subject { code, globals: None, builtins: None },
            (None, Some(function)) => Subject {
                code: function.code.get_set(),
                globals: Some(function.globals.get_set()),
                builtins: vm.cast::<PyDict>(function.builtins.get_set()),
            },
            (None, None) => return Err(vm.type_error("argument must be a code object or a function")),
        };
        subject.code.load(vm)?;
        Ok(subject)
    }

    fn count(&self, vm: &Vm) -> Counts {
        let code = self.code;
        let has = |flag| i64::from(code.flags & flag != 0);
        let mut counts = Counts {
            positional_only: code.posonlyargcount.into(),
            positional: i64::from(code.argcount) - i64::from(code.posonlyargcount),
            keyword_only: code.kwonlyargcount.into(),
            varargs: has(flags::VARARGS),
            varkwargs: has(flags::VARKEYWORDS),
            ..Counts::default()
        };
        const ARGUMENT: u8 = kind::ARG_POS | kind::ARG_KW | kind::ARG_VAR;
        for &bits in code.localspluskinds() {
            let is_cell = bits & kind::CELL != 0;
            *match (bits & kind::FREE != 0, bits & kind::HIDDEN != 0, is_cell) {
                (true, ..) => &mut counts.free,
                (_, true, true) => &mut counts.hidden_cells,
                (_, true, false) => &mut counts.hidden_pure,
                (_, _, true) if bits & ARGUMENT != 0 => &mut counts.argument_cells,
                (_, _, true) => &mut counts.other_cells,
                _ if bits & ARGUMENT != 0 => continue,
                _ => &mut counts.pure,
            } += 1;
        }
        self.count_names(vm, &mut counts);
        counts
    }

    fn count_names(&self, vm: &Vm, counts: &mut Counts) {
        let (mut attributes, mut globals) = (HashSet::new(), HashSet::new());
        for instruction in kaa_bytecode::decode::instructions(self.code.code()) {
            let index = (instruction.arg >> 1) as usize;
            match instruction.opcode {
                Some(Opcode::LoadAttr) if attributes.insert(index) => counts.attributes += 1,
                Some(Opcode::LoadGlobal) if globals.insert(index) => {
                    let Some(&name) = self.code.names.get(index) else { continue };
                    let is_in = |names: Option<Gc<PyDict>>| names.is_some_and(|dict| dict.get_str(vm, name).is_some());
                    *match (is_in(self.globals), is_in(self.builtins)) {
                        (true, _) => &mut counts.globals,
                        (false, true) => &mut counts.builtins,
                        (false, false) => &mut counts.unknown_globals,
                    } += 1;
                }
                _ => {}
            }
        }
        counts.unknown = (self.code.names.len() - attributes.union(&globals).count()) as i64;
    }
}

impl Counts {
    fn to_dict(&self, vm: &Vm) -> PyResult<Gc<PyDict>> {
        let number = Value::small_int;
        let make = |items: &[(&str, Value)]| -> PyResult<Gc<PyDict>> {
            let dict = vm.new_dict()?;
            for &(key, value) in items {
                dict.set_str(vm, vm.intern(key), value)?;
            }
            Ok(dict)
        };
        let arguments = self.positional_only + self.positional + self.keyword_only + self.varargs + self.varkwargs;
        let hidden = self.hidden_pure + self.hidden_cells;
        let locals = arguments + self.pure + self.other_cells + hidden;
        let globals = self.globals + self.builtins + self.unknown_globals;
        let unbound = self.attributes + globals + self.unknown;
        let argument_counts = make(&[
            ("total", number(arguments)),
            ("numposonly", number(self.positional_only)),
            ("numposorkw", number(self.positional)),
            ("numkwonly", number(self.keyword_only)),
            ("varargs", number(self.varargs)),
            ("varkwargs", number(self.varkwargs)),
        ])?;
        let cell_counts = make(&[
            ("total", number(self.argument_cells + self.other_cells)),
            ("numargs", number(self.argument_cells)),
            ("numothers", number(self.other_cells)),
        ])?;
        let hidden_counts = make(&[
            ("total", number(hidden)),
            ("numpure", number(self.hidden_pure)),
            ("numcells", number(self.hidden_cells)),
        ])?;
        let local_counts = make(&[
            ("total", number(locals)),
            ("args", argument_counts.value()),
            ("numpure", number(self.pure)),
            ("cells", cell_counts.value()),
            ("hidden", hidden_counts.value()),
        ])?;
        let global_counts = make(&[
            ("total", number(globals)),
            ("numglobal", number(self.globals)),
            ("numbuiltin", number(self.builtins)),
            ("numunknown", number(self.unknown_globals)),
        ])?;
        let unbound_counts = make(&[
            ("total", number(unbound)),
            ("numattrs", number(self.attributes)),
            ("numunknown", number(self.unknown)),
            ("globals", global_counts.value()),
        ])?;
        make(&[
            ("total", number(locals + self.free + unbound)),
            ("locals", local_counts.value()),
            ("numfree", number(self.free)),
            ("unbound", unbound_counts.value()),
        ])
    }
}

#[py_functions(FUNCTIONS, of = "_testinternalcapi")]
impl TestInternals {
    #[function(
        "get_code_var_counts(code, globalsns=None, builtinsns=None)",
        doc = "How many variables of each kind code or a function has."
    )]
    fn variable_counts(
        vm: &Vm,
        code: Value,
        globalsns: Option<Gc<PyDict>>,
        builtinsns: Option<Gc<PyDict>>,
    ) -> PyResult<Gc<PyDict>> {
        let own = Subject::of(vm, code)?;
        let (globals, builtins) = (globalsns.or(own.globals), builtinsns.or(own.builtins));
        Subject { globals, builtins, ..own }.count(vm).to_dict(vm)
    }

    #[function(
        "verify_stateless_code(code)",
        doc = "Raise ValueError for code or a function that needs something of the module that it is in."
    )]
    fn verify_stateless(vm: &Vm, code: Value) -> PyResult<()> {
        let subject = Subject::of(vm, code)?;
        let counts = subject.count(vm);
        if counts.free > 0 {
            return Err(vm.value_error("closures not supported"));
        }
        if counts.globals > 0 {
            return Err(vm.value_error("globals not supported"));
        }
        if subject.builtins.is_some() && counts.unknown_globals > 0 {
            return Err(vm.value_error("unsupported globals"));
        }
        Ok(())
    }
}
