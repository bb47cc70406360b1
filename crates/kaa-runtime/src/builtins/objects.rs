//! `ascii`, `callable`, `delattr`, `format`, `getattr`, `hasattr`, `hash`, `id`, `isinstance`,
//! `issubclass`, `repr`, `setattr`, `dir`, `vars`.

use kaa_macros::py_functions;
use kaa_objects::types::dict::PyDict;
use kaa_objects::types::str::PyStr;
use kaa_objects::{Args, Gc, PyResult, Value, Vm};

use super::Builtins;

#[py_functions(FUNCTIONS, of = "builtins")]
impl Builtins {
    #[function(
        "breakpoint",
        raw,
        signature = "($module, /, *args, **kws)",
        doc = "Call sys.breakpointhook(*args, **kws).  sys.breakpointhook() must accept\nwhatever arguments are passed.\n\nBy default, this drops you into the pdb debugger."
    )]
    fn breakpoint(vm: &Vm, args: Args<'_>) -> PyResult {
        let Some(hook) = crate::state::sys_attribute(vm, "breakpointhook") else {
            return Err(vm.runtime_error("lost sys.breakpointhook"));
        };
        vm.audit("builtins.breakpoint", &[hook])?;
        vm.call_args(hook, args)
    }

    #[function("ascii(obj, /)", doc = "Return an ASCII-only representation of an object.")]
    fn ascii(vm: &Vm, obj: Value) -> PyResult<Gc<PyStr>> {
        vm.ascii(obj)
    }

    #[function(
        "callable(obj, /)",
        doc = "Return whether the object is callable (i.e., some kind of function).\n\nNote that classes are callable, as are instances of classes with a\n__call__() method."
    )]
    fn callable(vm: &Vm, obj: Value) -> bool {
        vm.is_callable(obj)
    }

    #[function(
        "delattr(obj, name, /)",
        doc = "Deletes the named attribute from the given object.\n\ndelattr(x, 'y') is equivalent to ``del x.y``"
    )]
    fn delattr(vm: &Vm, obj: Value, name: Value) -> PyResult<()> {
        let name = vm.attribute_name(name)?;
        vm.del_attr(obj, name)
    }

    #[function(
        "format(value, format_spec='', /)",
        doc = "Return type(value).__format__(value, format_spec)\n\nMany built-in types implement format_spec according to the\nFormat Specification Mini-language. See help('FORMATTING') for details."
    )]
    fn format(vm: &Vm, value: Value, format_spec: Gc<PyStr>) -> PyResult<Gc<PyStr>> {
        vm.format(value, format_spec)
    }

    #[function(
        "getattr(object, name, default=<unrepresentable>, /)",
        doc = "Get a named attribute from an object.\n\ngetattr(x, 'y') is equivalent to x.y.\n\nWhen a default argument is given, it is returned when the attribute doesn't\nexist; without it, an exception is raised in that case."
    )]
    fn getattr(vm: &Vm, object: Value, name: Value, default: Option<Value>) -> PyResult {
        let name = vm.attribute_name(name)?;
        match default {
            None => vm.get_attr(object, name),
            Some(default) => Ok(vm.get_attr_optional(object, name)?.unwrap_or(default)),
        }
    }

    #[function(
        "hasattr(obj, name, /)",
        doc = "Return whether the object has an attribute with the given name.\n\nThis is done by calling getattr(obj, name) and catching AttributeError."
    )]
    fn hasattr(vm: &Vm, obj: Value, name: Value) -> PyResult<bool> {
        let name = vm.attribute_name(name)?;
        vm.has_attr(obj, name)
    }

    #[function(
        "setattr(obj, name, value, /)",
        doc = "Sets the named attribute on the given object to the specified value.\n\nsetattr(x, 'y', v) is equivalent to ``x.y = v``"
    )]
    fn setattr(vm: &Vm, obj: Value, name: Value, value: Value) -> PyResult<()> {
        let name = vm.attribute_name(name)?;
        vm.set_attr(obj, name, value)
    }

    #[function(
        "hash(obj, /)",
        doc = "Return the hash value for the given object.\n\nTwo objects that compare equal must also have the same hash value, but the\nreverse is not necessarily true."
    )]
    fn hash(vm: &Vm, obj: Value) -> PyResult<i64> {
        vm.hash(obj)
    }

    #[function(
        "id(obj, /)",
        doc = "Return the identity of an object.\n\nThis is guaranteed to be unique among simultaneously existing objects.\n(CPython uses the object's memory address.)"
    )]
    fn id(vm: &Vm, obj: Value) -> PyResult {
        match obj.as_object() {
            Some(object) => vm.new_int(vm.pin(object) as i64),
            // A value without an object is its own identity; addresses are multiples of 8.
            None => vm.new_int_u64(obj.bits()),
        }
    }

    #[function(
        "isinstance(obj, class_or_tuple, /)",
        doc = "Return whether an object is an instance of a class or of a subclass thereof.\n\nA tuple, as in ``isinstance(x, (A, B, ...))``, may be given as the target to\ncheck against. This is equivalent to ``isinstance(x, A) or isinstance(x, B)\nor ...`` etc."
    )]
    fn isinstance(vm: &Vm, obj: Value, class_or_tuple: Value) -> PyResult<bool> {
        vm.isinstance(obj, class_or_tuple)
    }

    #[function(
        "issubclass(cls, class_or_tuple, /)",
        doc = "Return whether 'cls' is derived from another class or is the same class.\n\nA tuple, as in ``issubclass(x, (A, B, ...))``, may be given as the target to\ncheck against. This is equivalent to ``issubclass(x, A) or issubclass(x, B)\nor ...``."
    )]
    fn issubclass(vm: &Vm, cls: Value, class_or_tuple: Value) -> PyResult<bool> {
        vm.issubclass(cls, class_or_tuple)
    }

    #[function(
        "repr(obj, /)",
        doc = "Return the canonical string representation of the object.\n\nFor many object types, including most builtins, eval(repr(obj)) == obj."
    )]
    fn repr(vm: &Vm, obj: Value) -> PyResult<Gc<PyStr>> {
        vm.repr(obj)
    }

    #[function(
        "dir(object=<unrepresentable>, /)",
        doc = "dir([object]) -> list of strings\n\nIf called without an argument, return the names in the current scope.\nElse, return an alphabetized list of names comprising (some of) the attributes\nof the given object, and of attributes reachable from it."
    )]
    fn dir(vm: &Vm, object: Option<Value>) -> PyResult {
        let names = match object {
            None => {
                let locals = super::execution::current_locals(vm)?;
                match vm.cast_exact::<PyDict>(locals) {
                    Some(dict) => vm.list_from(dict.value())?,
                    None => {
                        let keys = vm.call_method(locals, vm.names().keys, &[])?;
                        if !vm.is_iterable(keys) {
                            let (class, keys) = (vm.class_name(locals), vm.class_name(keys));
                            let text = format_args!("{class}.keys() returned a non-iterable (type {keys})");
                            return Err(vm.type_error(text));
                        }
                        vm.list_from(keys)?
                    }
                }
            }
            Some(object) => match vm.call_special(object, vm.names().__dir__, &[])? {
                Some(names) => vm.list_from(names)?,
                None => return Err(vm.type_error("object does not provide __dir__")),
            },
        };
        kaa_objects::types::list::sort(vm, names, Value::NONE, false)?;
        Ok(names.value())
    }

    #[function(
        "vars(object=<unrepresentable>, /)",
        doc = "vars([object]) -> dictionary\n\nWithout arguments, equivalent to locals().\nWith an argument, equivalent to object.__dict__."
    )]
    fn vars(vm: &Vm, object: Option<Value>) -> PyResult {
        let Some(object) = object else { return super::execution::current_locals(vm) };
        match vm.get_attr_optional(object, vm.names().__dict__)? {
            Some(dict) => Ok(dict),
            None => Err(vm.type_error("vars() argument must have __dict__ attribute")),
        }
    }
}
