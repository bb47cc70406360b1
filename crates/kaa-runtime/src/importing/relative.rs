//! Relative imports: the absolute name of one.

use kaa_objects::class::PyType;
use kaa_objects::types::dict::PyDict;
use kaa_objects::types::str::PyStr;
use kaa_objects::{Gc, PyResult, Value, Vm};

/// The absolute name of `name`, `level` packages up from the module with these globals.
pub(super) fn resolve(vm: &Vm, name: Gc<PyStr>, globals: Value, level: i64) -> PyResult<Gc<PyStr>> {
    let Some(dict) = vm.cast::<PyDict>(globals) else {
        return Err(if globals.is_none() {
            vm.raise_new(vm.exceptions().KeyError, "'__name__' not in globals")
        } else {
            vm.type_error("globals must be a dict")
        });
    };
    let package = package(vm, dict)?.to_string_lossy();
    if package.is_empty() {
        return Err(vm.import_error("attempted relative import with no known parent package"));
    }
    let mut base = package.as_str();
    for _ in 1..level {
        base = match base.rfind('.') {
            Some(dot) => &base[..dot],
            None => return Err(vm.import_error("attempted relative import beyond top-level package")),
        };
    }
    if name.is_empty() {
        return vm.new_str(base);
    }
    vm.new_str(&format!("{base}.{}", name.to_string_lossy()))
}

/// The package that a module belongs to; empty for one that belongs to none.
fn package(vm: &Vm, globals: Gc<PyDict>) -> PyResult<Gc<PyStr>> {
    let names = vm.names();
    let text = |value: Value, what: &str| {
        vm.cast::<PyStr>(value).ok_or_else(|| vm.type_error(format_args!("{what} must be a string")))
    };
    let package = globals.get_str(vm, names.__package__).and_then(Value::not_none);
    let spec = globals.get_str(vm, names.__spec__).and_then(Value::not_none);
    let parent = |spec: Value| vm.get_attr(spec, vm.intern("parent"));
    if let Some(package) = package {
        let package = text(package, "package")?;
        if let Some(spec) = spec
            && !vm.equal(package.value(), parent(spec)?)?
        {
            warn(vm, vm.exceptions().DeprecationWarning, "__package__ != __spec__.parent")?;
        }
        return Ok(package);
    }
    if let Some(spec) = spec {
        return text(parent(spec)?, "__spec__.parent");
    }
    let message = "can't resolve package from __spec__ or __package__, falling back on __name__ and __path__";
    warn(vm, vm.exceptions().ImportWarning, message)?;
    let Some(name) = globals.get_str(vm, names.__name__) else {
        return Err(vm.raise_new(vm.exceptions().KeyError, "'__name__' not in globals"));
    };
    let name = text(name, "__name__")?;
    if globals.get_str(vm, names.__path__).is_some() {
        return Ok(name);
    }
    let name = name.to_string_lossy();
    vm.new_str(name.rsplit_once('.').map_or("", |(package, _)| package))
}

fn warn(vm: &Vm, category: Gc<PyType>, message: &str) -> PyResult<()> {
    match vm.hooks.warn.get() {
        Some(warn) => warn(vm, category.value(), message, 1),
        None => Ok(()),
    }
}
