//! Global names, and names in the namespaces of modules and classes.

use kaa_objects::types::dict::PyDict;
use kaa_objects::types::str::PyStr;
use kaa_objects::{Gc, PyResult, Value, Vm};

use super::state::{op, word};
use crate::frame::Frame;
use crate::specialize;

op! {
    /// Counts down to its specialization, and works without.
    fn load_global<D>(s, arg) {
        s.save();
        specialize::global::load_global(s.vm, s.fp, s.pc, arg);
        let found = global(s.vm, s.fp, s.name(arg >> 1));
        if found == 0 {
            return s.raise::<D>();
        }
        s.push(found);
        if arg & 1 != 0 {
            s.push(0);
        }
        s.skip(4);
        s.next::<D>()
    }

    /// A global at a known position. Cache: -, version of the globals' keys (2), position.
    fn load_global_module<D>(s, arg) {
        let globals = (*s.fp).globals;
        if globals.known_keys_version() != s.cache32(1) {
            return s.goto::<D>(load_global_miss::<D>, arg);
        }
        match globals.value_at(s.cache(3) as usize) {
            Some(found) => s.push(found.bits()),
            None => return s.goto::<D>(load_global_miss::<D>, arg),
        }
        if arg & 1 != 0 {
            s.push(0);
        }
        s.skip(4);
        s.next::<D>()
    }

    /// A builtin at a known position. Cache: -, version of the globals' keys (2), position in
    /// the builtins, the version of whose keys the code object has.
    fn load_global_builtin<D>(s, arg) {
        let fp = s.fp;
        let builtins: Gc<PyDict> = super::state::object((*fp).builtins.bits());
        if (*fp).globals.known_keys_version() != s.cache32(1)
            || !super::control::is_exact(builtins.value().bits(), kaa_objects::ids::DICT)
            || builtins.known_keys_version() != Frame::code_of(fp).builtins_version.get()
        {
            return s.goto::<D>(load_global_miss::<D>, arg);
        }
        match builtins.value_at(s.cache(3) as usize) {
            Some(found) => s.push(found.bits()),
            None => return s.goto::<D>(load_global_miss::<D>, arg),
        }
        if arg & 1 != 0 {
            s.push(0);
        }
        s.skip(4);
        s.next::<D>()
    }

    #[cold]
    fn load_global_miss<D>(s, arg) {
        specialize::despecialize(s.pc, kaa_bytecode::Opcode::LoadGlobal);
        s.goto::<D>(load_global::<D>, arg)
    }

    fn store_global<D>(s, arg) {
        s.save();
        let fine = (*s.fp).globals.set_str(s.vm, s.name(arg), s.peek_value(1)).is_ok();
        s.finish_unit::<D>(1, fine, 0)
    }

    fn delete_global<D>(s, arg) {
        s.save();
        let name = s.name(arg);
        if (*s.fp).globals.remove_str(s.vm, name).is_none() {
            undefined(s.vm, name);
            return s.raise::<D>();
        }
        s.next::<D>()
    }

    fn load_name<D>(s, arg) {
        s.save();
        let found = load_name_word(s.vm, s.fp, s.name(arg));
        s.finish::<D>(0, found, 0)
    }

    fn load_from_dict_or_globals<D>(s, arg) {
        s.save();
        let found = from_mapping_or_globals(s.vm, s.fp, s.peek_value(1), s.name(arg));
        s.finish::<D>(1, found, 0)
    }

    fn store_name<D>(s, arg) {
        s.save();
        let fine = store_name_word(s.vm, s.fp, s.name(arg), s.peek_value(1));
        s.finish_unit::<D>(1, fine, 0)
    }

    fn delete_name<D>(s, arg) {
        s.save();
        let fine = delete_name_word(s.vm, s.fp, s.name(arg));
        s.finish_unit::<D>(0, fine, 0)
    }

    fn load_locals<D>(s, arg) {
        s.save();
        let locals = (*s.fp).locals;
        if locals == 0 {
            no_locals(s.vm, "no locals");
            return s.raise::<D>();
        }
        s.push(locals);
        s.next::<D>()
    }

    fn setup_annotations<D>(s, arg) {
        s.save();
        let fine = make_annotations(s.vm, s.fp);
        s.finish_unit::<D>(0, fine, 0)
    }

    fn load_build_class<D>(s, arg) {
        s.save();
        let found = build_class(s.vm, s.fp);
        s.finish::<D>(0, found, 0)
    }
}

/// The value of a name in a mapping, if it is there.
pub fn optional_item(vm: &Vm, mapping: Value, name: Gc<PyStr>) -> PyResult<Option<Value>> {
    if let Some(dict) = vm.cast_exact::<PyDict>(mapping) {
        return Ok(dict.get_str(vm, name));
    }
    let result = vm.get_item(mapping, name.value());
    Ok(vm.catch(result, vm.exceptions().KeyError)?.ok())
}

#[cold]
#[inline(never)]
fn undefined(vm: &Vm, name: Gc<PyStr>) {
    let _ = vm.name_error_for(format_args!("name '{}' is not defined", name.to_string_lossy()), name);
}

#[cold]
#[inline(never)]
fn no_locals(vm: &Vm, message: &str) {
    let _ = vm.system_error(message);
}

/// Finds a global or builtin; 0 with `NameError` pending when there is none.
#[inline(never)]
pub(crate) fn global(vm: &Vm, fp: *mut Frame, name: Gc<PyStr>) -> u64 {
    // SAFETY: the running frame.
    let (globals, builtins) = unsafe { ((*fp).globals, (*fp).builtins) };
    for namespace in [globals.value(), builtins] {
        match optional_item(vm, namespace, name) {
            Ok(Some(found)) => return found.bits(),
            Ok(None) => {}
            Err(_) => return 0,
        }
    }
    // Keys that are no strings may equal the name all the same.
    for namespace in [Some(globals), vm.cast_exact::<PyDict>(builtins)].into_iter().flatten() {
        match namespace.get(vm, name.value()) {
            Ok(Some(found)) => return found.bits(),
            Ok(None) => {}
            Err(_) => return 0,
        }
    }
    undefined(vm, name);
    0
}

#[inline(never)]
fn load_name_word(vm: &Vm, fp: *mut Frame, name: Gc<PyStr>) -> u64 {
    // SAFETY: the running frame; the locals are a value or 0.
    match unsafe { Value::from_bits((*fp).locals) } {
        Some(locals) => from_mapping_or_globals(vm, fp, locals, name),
        None => {
            no_locals(vm, &format!("no locals when loading '{}'", name.to_string_lossy()));
            0
        }
    }
}

#[inline(never)]
fn from_mapping_or_globals(vm: &Vm, fp: *mut Frame, mapping: Value, name: Gc<PyStr>) -> u64 {
    match optional_item(vm, mapping, name) {
        Ok(Some(found)) => found.bits(),
        Ok(None) => global(vm, fp, name),
        Err(_) => 0,
    }
}

#[inline(never)]
fn store_name_word(vm: &Vm, fp: *mut Frame, name: Gc<PyStr>, new: Value) -> bool {
    // SAFETY: the running frame; the locals are a value or 0.
    let Some(locals) = (unsafe { Value::from_bits((*fp).locals) }) else {
        no_locals(vm, &format!("no locals found when storing '{}'", name.to_string_lossy()));
        return false;
    };
    match vm.cast_exact::<PyDict>(locals) {
        Some(dict) => dict.set_str(vm, name, new).is_ok(),
        None => vm.set_item(locals, name.value(), new).is_ok(),
    }
}

#[inline(never)]
fn delete_name_word(vm: &Vm, fp: *mut Frame, name: Gc<PyStr>) -> bool {
    // SAFETY: the running frame; the locals are a value or 0.
    let Some(locals) = (unsafe { Value::from_bits((*fp).locals) }) else {
        no_locals(vm, &format!("no locals when deleting '{}'", name.to_string_lossy()));
        return false;
    };
    let result = vm.del_item(locals, name.value());
    match vm.catch(result, vm.exceptions().KeyError) {
        Ok(Ok(())) => true,
        Ok(Err(_)) => {
            undefined(vm, name);
            false
        }
        Err(_) => false,
    }
}

#[inline(never)]
fn make_annotations(vm: &Vm, fp: *mut Frame) -> bool {
    // SAFETY: the running frame; the locals are a value or 0.
    let Some(locals) = (unsafe { Value::from_bits((*fp).locals) }) else {
        no_locals(vm, "no locals found when setting up annotations");
        return false;
    };
    let make = || -> PyResult<()> {
        let name = vm.names().__annotations__;
        if optional_item(vm, locals, name)?.is_none() {
            let annotations = vm.new_dict()?;
            vm.set_item(locals, name.value(), annotations.value())?;
        }
        Ok(())
    };
    make().is_ok()
}

#[inline(never)]
fn build_class(vm: &Vm, fp: *mut Frame) -> u64 {
    // SAFETY: the running frame.
    let builtins = unsafe { (*fp).builtins };
    match optional_item(vm, builtins, vm.names().__build_class__) {
        Ok(Some(function)) => function.bits(),
        Ok(None) => word(Err(vm.name_error("__build_class__ not found"))),
        Err(_) => 0,
    }
}
