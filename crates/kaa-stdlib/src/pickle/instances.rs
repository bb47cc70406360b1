//! Writing plain instances of Python classes without reducing them: the same instructions that
//! `object.__reduce_ex__` leads to, with the attributes read from where they are.

use kaa_objects::class::PyType;
use kaa_objects::types::object::PyObject;
use kaa_objects::{Gc, Native, PyResult, Value, Vm};

use super::opcodes::*;
use super::save::Saver;
use super::state::{Registry, registry, with_note};

/// The class that was last found to be plain, as long as it does not change.
#[derive(Default)]
pub struct PlainClass(Option<(Gc<PyType>, u32)>);

/// Whether nothing has a say in how instances of a class are pickled but `object`.
fn is_plain(vm: &Vm, class: Gc<PyType>) -> PyResult<bool> {
    let object = vm.class::<PyObject>();
    let names = vm.names();
    let is_bare = std::ptr::eq(class.native.get(), PyObject::def())
        && class.basic_size.get() as usize == class.native.get().layout.size
        && class.slots().new.is_some();
    let same_lookup = match (class.slots().getattro, object.slots().getattro) {
        (Some(a), Some(b)) => std::ptr::fn_addr_eq(a, b),
        _ => false,
    };
    let inherited = [names.__reduce_ex__, names.__reduce__, names.__getstate__, names.__class__];
    let absent = [names.__getnewargs_ex__, names.__getnewargs__];
    Ok(is_bare
        && same_lookup
        && inherited.iter().all(|&name| vm.lookup(class, name) == vm.lookup(object, name))
        && absent.iter().all(|&name| vm.lookup(class, name).is_none())
        && registry(vm, Registry::Dispatch)?.get(vm, class.value())?.is_none())
}

impl Saver<'_> {
    fn is_of_plain_class(&mut self, object: Value) -> PyResult<bool> {
        let vm = self.vm;
        let class = vm.class_of(object);
        let version = vm.class_version(class);
        if version != 0 && self.plain_class.0 == Some((class, version)) {
            return Ok(true);
        }
        let plain = is_plain(vm, class)?;
        if plain {
            self.plain_class.0 = Some((class, version));
        }
        Ok(plain)
    }

    /// Writes an object if it is a plain instance; `false` if it is to be written otherwise.
    pub fn save_plain_instance(&mut self, object: Value) -> PyResult<bool> {
        let vm = self.vm;
        if self.protocol < 2 || !self.reduces_as_usual() || !vm.has_inline_attributes(object) {
            return Ok(false);
        }
        if !self.is_of_plain_class(object)? {
            return Ok(false);
        }
        let own = [vm.names().__reduce_ex__, vm.names().__reduce__, vm.names().__getstate__];
        if own.iter().any(|&name| vm.instance_get(object, name).is_some()) {
            return Ok(false);
        }
        self.write_instance(object)
            .map_err(|raised| with_note(vm, raised, format_args!("{} object", vm.full_class_name(object))))?;
        Ok(true)
    }

    fn write_instance(&mut self, object: Value) -> PyResult<()> {
        let vm = self.vm;
        self.save_part(vm.class_of(object).value(), Some(object), "class")?;
        self.end_full_frame()?;
        self.out.op(EMPTY_TUPLE);
        self.out.op(NEWOBJ);
        if let Some(id) = self.pickler.memo_get(vm, object) {
            self.out.op(POP);
            self.write_get(id);
            return Ok(());
        }
        self.memoize(object)?;
        // It stands for the dict of the attributes in the memo.
        let items = vm.instance_attribute_items(object)?;
        if items.is_empty() {
            return Ok(());
        }
        self.end_full_frame()?;
        self.out.op(EMPTY_DICT);
        self.memoize(items.value())?;
        let len = items.len();
        if len > 2 {
            self.out.op(MARK);
        }
        for index in (0..len).step_by(2) {
            let (name, value) = (items.as_slice()[index], items.as_slice()[index + 1]);
            self.save(name)?;
            self.save(value).map_err(|raised| {
                let exception = vm.take_exception(raised);
                let note = format!("dict item {}", vm.repr_lossy(name));
                let raised = with_note(vm, vm.raise_again(exception), note);
                with_note(vm, raised, format_args!("{} state", vm.full_class_name(object)))
            })?;
        }
        self.out.op(if len > 2 { SETITEMS } else { SETITEM });
        self.out.op(BUILD);
        Ok(())
    }
}
