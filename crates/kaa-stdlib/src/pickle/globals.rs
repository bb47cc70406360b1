//! Writing what can be imported - classes and functions - by module and name.

use kaa_objects::types::descriptors::PyBuiltinFunction;
use kaa_objects::types::dict::PyDict;
use kaa_objects::types::str::{PyStr, StrBuilder};
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::types::value_vec::ValueVec;
use kaa_objects::{Gc, PyResult, Raised, Value, Vm};

use super::opcodes::*;
use super::save::Saver;
use super::state::{Registry, import_named, module_name_of_functions, modules, pickling_error_because, registry};

/// The parts of a dotted name.
pub fn dotted_parts(vm: &Vm, name: Gc<PyStr>) -> PyResult<ValueVec> {
    let data = name.data();
    let mut parts = ValueVec::new();
    let mut start = 0;
    for at in 0..=data.len() {
        if at == data.len() || data.at(at) == u32::from(b'.') {
            // Attribute names are interned.
            let part = vm.new_str_from_data(data.slice(start..at))?;
            parts.push(vm, vm.intern_str(part).value())?;
            start = at + 1;
        }
    }
    Ok(parts)
}

/// Whether a part of a dotted name is that of a function's locals.
pub fn is_local(vm: &Vm, parts: &[Value]) -> bool {
    parts.iter().any(|&part| vm.cast::<PyStr>(part).is_some_and(|part| part.equals_str("<locals>")))
}

/// The attribute of an attribute and so on.
pub fn deep_attribute(vm: &Vm, object: Value, parts: &[Value]) -> PyResult {
    let mut object = object;
    for &part in parts {
        object = vm.get_attr(object, vm.attribute_name(part)?)?;
    }
    Ok(object)
}

/// A text of pieces that may hold any code points.
fn message(vm: &Vm, pieces: &[Gc<PyStr>]) -> PyResult<Gc<PyStr>> {
    let mut out = StrBuilder::default();
    pieces.iter().for_each(|piece| out.push_py(piece));
    out.finish(vm)
}

impl Saver<'_> {
    /// «Can't pickle …: why».
    #[cold]
    fn cannot(&self, object: Value, why: &[Gc<PyStr>], cause: Option<Raised>) -> Raised {
        let vm = self.vm;
        let cause = cause.map(|raised| vm.take_exception(raised));
        let build = || {
            let repr = vm.repr(object)?;
            let mut out = StrBuilder::default();
            out.push_str("Can't pickle ");
            out.push_py(&repr);
            out.push_str(": ");
            why.iter().for_each(|piece| out.push_py(piece));
            out.finish(vm)
        };
        match build() {
            Ok(text) => pickling_error_because(vm, cause.map(|cause| vm.raise_again(cause)), text),
            Err(raised) => raised,
        }
    }

    /// The name of the module that has an object under a name; an error when none has.
    fn module_of(&self, object: Value, name: Gc<PyStr>, parts: &ValueVec) -> PyResult {
        let vm = self.vm;
        let mut module_name = vm.get_attr_optional(object, vm.names().__module__)?.and_then(Value::not_none);
        if is_local(vm, parts) {
            let text = message(vm, &[vm.intern("Can't pickle local object "), vm.repr(object)?])?;
            return Err(pickling_error_because(vm, None, text));
        }
        if module_name.is_none() {
            module_name = Some(self.search_modules(object, parts)?);
        }
        let module_name = module_name.unwrap_or(Value::NONE);
        let exceptions = vm.exceptions();
        let module = match import_named(vm, module_name) {
            Ok(module) => module,
            Err(raised) => {
                let exception = vm.take_exception(raised);
                let expected = [exceptions.ImportError, exceptions.ValueError, exceptions.KeyError]
                    .into_iter()
                    .any(|class| vm.is_instance(exception.value(), class));
                if !expected {
                    return Err(vm.raise_again(exception));
                }
                let why = vm.str(exception.value())?;
                return Err(self.cannot(object, &[why], Some(vm.raise_again(exception))));
            }
        };
        let path = |start: &str| -> PyResult<[Gc<PyStr>; 4]> {
            Ok([vm.intern(start), vm.str(module_name)?, vm.intern("."), name])
        };
        match vm.catch(deep_attribute(vm, module, parts), exceptions.AttributeError)? {
            Ok(found) if found == object => Ok(module_name),
            Ok(_) => Err(self.cannot(object, &path("it's not the same object as ")?, None)),
            Err(exception) => {
                let why = path("it's not found as ")?;
                Err(self.cannot(object, &why, Some(vm.raise_again(exception))))
            }
        }
    }

    /// The module that has an object under a name, among all that are loaded.
    fn search_modules(&self, object: Value, parts: &ValueVec) -> PyResult {
        let vm = self.vm;
        let modules = modules(vm)?;
        let copy = vm.new_dict()?;
        vm.dict_update(copy, modules)?;
        for position in 0..copy.filled() {
            let Some(entry) = copy.entry(position) else { continue };
            let is_main = vm
                .cast::<PyStr>(entry.key)
                .is_some_and(|name| name.equals_str("__main__") || name.equals_str("__mp_main__"));
            if entry.value.is_none() || is_main {
                continue;
            }
            let found = vm.catch(deep_attribute(vm, entry.value, parts), vm.exceptions().AttributeError)?;
            if found.is_ok_and(|found| found == object) {
                return Ok(entry.key);
            }
        }
        Ok(vm.names().__main__.value())
    }

    /// Writes an object by its name: the given one, or that it has itself.
    pub fn save_global(&mut self, object: Value, name: Option<Gc<PyStr>>) -> PyResult<()> {
        let vm = self.vm;
        let name = match name {
            Some(name) => name.value(),
            None => match vm.get_attr_optional(object, vm.names().__qualname__)? {
                Some(name) => name,
                None => vm.get_attr(object, vm.names().__name__)?,
            },
        };
        let Some(mut name) = vm.cast::<PyStr>(name) else {
            let class = vm.class_name(name);
            return Err(vm.type_error(format_args!("__qualname__ must be str, not {class}")));
        };
        let is_static_type = vm
            .cast_exact::<kaa_objects::class::PyType>(object)
            .is_some_and(|class| !class.has_flag(kaa_objects::class::flags::HEAPTYPE));
        let is_builtin_function = vm.cast_exact::<PyBuiltinFunction>(object).is_some();
        if is_static_type || is_builtin_function {
            // Theirs are no objects that anything else refers to.
            name = vm.new_str_from_data(name.data())?;
        }
        let parts = dotted_parts(vm, name)?;
        let mut module_name = self.module_of(object, name, &parts)?;
        if is_builtin_function && let Some(text) = vm.cast_exact::<PyStr>(module_name) {
            module_name = module_name_of_functions(vm, text)?.value();
        }
        if self.protocol >= 2 && self.save_extension(module_name, name)? {
            return Ok(());
        }
        if self.protocol >= 4 {
            self.save(module_name)?;
            self.save(name.value())?;
            self.out.op(STACK_GLOBAL);
            return self.memoize(object);
        }
        // `getattr(getattr(module.first, second), third)`.
        let (first, others) = parts.as_slice().split_first().map_or((name.value(), &[][..]), |(&f, o)| (f, o));
        for _ in others {
            self.save(vm.builtin("getattr")?)?;
            if self.protocol < 2 {
                self.out.op(MARK);
            }
        }
        self.save_top_level(module_name, first)?;
        for &part in others {
            self.save(part)?;
            self.out.op(if self.protocol < 2 { TUPLE } else { TUPLE2 });
            self.out.op(REDUCE);
        }
        self.memoize(object)
    }

    /// Writes the number that is registered for a global, if one is.
    fn save_extension(&mut self, module_name: Value, name: Gc<PyStr>) -> PyResult<bool> {
        let vm = self.vm;
        let extensions = registry(vm, Registry::Extensions)?;
        if extensions.is_empty() {
            return Ok(false);
        }
        let key = vm.new_tuple(&[module_name, name.value()])?;
        let Some(code) = extensions.get(vm, key.value())? else { return Ok(false) };
        let code = crate::parse_tuple::long(vm, code)?;
        match code {
            1..=0xff => self.out.op_with(EXT1, [code as u8]),
            0x100..=0xffff => self.out.op_with(EXT2, (code as u16).to_le_bytes()),
            0x1_0000..=0x7fff_ffff => self.out.op_with(EXT4, (code as u32).to_le_bytes()),
            _ => return Err(vm.runtime_error(format_args!("extension code {code} is out of range"))),
        }
        Ok(true)
    }

    /// Writes a global by lines with module and name, before protocol 3 by the names of Python 2.
    fn save_top_level(&mut self, module_name: Value, name: Value) -> PyResult<()> {
        let (mut module_name, mut name) = (module_name, name);
        if self.fix_imports && self.protocol < 3 {
            (module_name, name) = old_names(self.vm, module_name, name)?;
        }
        self.out.op(GLOBAL);
        self.save_line(module_name, "module")?;
        self.save_line(name, "global")
    }

    fn save_line(&mut self, text: Value, what: &str) -> PyResult<()> {
        let vm = self.vm;
        let Some(string) = vm.cast::<PyStr>(text) else {
            let class = vm.class_name(text);
            return Err(vm.type_error(format_args!("{what} name must be str, not {class}")));
        };
        let encoding = vm.intern(if self.protocol >= 3 { "utf-8" } else { "ascii" });
        let encoded = match vm.catch(vm.encode(string, Some(encoding), None), vm.exceptions().UnicodeEncodeError)? {
            Ok(encoded) => encoded,
            Err(exception) => {
                let start = vm.new_str(&format!("can't pickle {what} identifier "))?;
                let end = vm.new_str(&format!(" using pickle protocol {}", self.protocol))?;
                let text = message(vm, &[start, vm.repr(text)?, end])?;
                return Err(pickling_error_because(vm, Some(vm.raise_again(exception)), text));
            }
        };
        self.out.write(encoded.as_slice());
        self.out.write(b"\n");
        Ok(())
    }
}

/// Module and name as a registry maps them.
pub fn mapped_names(
    vm: &Vm,
    names: (Registry, &str),
    modules: (Registry, &str),
    module_name: Value,
    name: Value,
) -> PyResult<(Value, Value)> {
    let is_str = |value: Value| vm.cast::<PyStr>(value).is_some();
    let ((names, names_text), (modules, modules_text)) = (names, modules);
    let table: Gc<PyDict> = registry(vm, names)?;
    let key = vm.new_tuple(&[module_name, name])?;
    if let Some(found) = table.get(vm, key.value())? {
        let pair = vm.cast::<PyTuple>(found);
        let Some(&[module_name, name]) = pair.as_ref().map(|pair| pair.as_slice()) else {
            let class = vm.class_name(found);
            return Err(
                vm.runtime_error(format_args!("_compat_pickle.{names_text} values should be 2-tuples, not {class}"))
            );
        };
        if !is_str(module_name) || !is_str(name) {
            let (a, b) = (vm.class_name(module_name), vm.class_name(name));
            return Err(vm.runtime_error(format_args!(
                "_compat_pickle.{names_text} values should be pairs of str, not ({a}, {b})"
            )));
        }
        return Ok((module_name, name));
    }
    match registry(vm, modules)?.get(vm, module_name)? {
        None => Ok((module_name, name)),
        Some(module_name) if is_str(module_name) => Ok((module_name, name)),
        Some(other) => {
            let class = vm.class_name(other);
            Err(vm.runtime_error(format_args!("_compat_pickle.{modules_text} values should be strings, not {class}")))
        }
    }
}

fn old_names(vm: &Vm, module_name: Value, name: Value) -> PyResult<(Value, Value)> {
    let names = (Registry::OldNames, "REVERSE_NAME_MAPPING");
    mapped_names(vm, names, (Registry::OldModules, "REVERSE_IMPORT_MAPPING"), module_name, name)
}
