//! `Unpickler`: what it is told, and the memo that it keeps from one pickle to the next.

use std::cell::Cell;

use kaa_objects::class::PyType;
use kaa_objects::object::{Header, Slot};
use kaa_objects::types::arrays::ValueArray;
use kaa_objects::types::bytes::PyBytes;
use kaa_objects::types::descriptors::PyBuiltinFunction;
use kaa_objects::types::dict::PyDict;
use kaa_objects::types::str::{PyStr, StrBuilder};
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::{Gc, PyResult, Trace, Value, Vm, py_type};

use super::globals::{deep_attribute, dotted_parts, mapped_names};
use super::load::Loader;
use super::state::{self, Registry, import_named};

/// Numbers so far beyond those in use are kept in a dict.
const SPARSE: usize = 128 * 1024;

/// An `Unpickler`.
#[repr(C)]
#[derive(Trace)]
pub struct PyUnpickler {
    header: Header,
    /// Methods of the file; empty before `__init__`, and for `loads`.
    pub read: Slot,
    pub readline: Slot,
    pub readinto: Slot,
    pub peek: Slot,
    /// The iterator over out-of-band buffers.
    pub buffers: Slot,
    /// For strings of Python 2.
    pub encoding: Slot<Gc<PyStr>>,
    pub errors: Slot<Gc<PyStr>>,
    /// `persistent_load` as it was set on the object.
    persistent_load: Slot,
    /// What was read from the file and not used up.
    pub input: Slot<Gc<PyBytes>>,
    pub position: Cell<usize>,
    /// How much of it the file itself has been read on for; the rest was only peeked at.
    pub consumed: Cell<usize>,
    memo: Slot<Gc<ValueArray>>,
    /// Objects of large numbers.
    sparse_memo: Slot<Gc<PyDict>>,
    /// How many objects the memo has.
    memo_len: Cell<usize>,
    pub protocol: Cell<i32>,
    pub fix_imports: Cell<bool>,
    /// Whether it is reading: then it cannot be used for anything else.
    in_use: Cell<bool>,
}

impl PyUnpickler {
    fn empty() -> PyUnpickler {
        PyUnpickler {
            header: Header::EMPTY,
            read: Slot::empty(),
            readline: Slot::empty(),
            readinto: Slot::empty(),
            peek: Slot::empty(),
            buffers: Slot::empty(),
            encoding: Slot::empty(),
            errors: Slot::empty(),
            persistent_load: Slot::empty(),
            input: Slot::empty(),
            position: Cell::new(0),
            consumed: Cell::new(0),
            memo: Slot::empty(),
            sparse_memo: Slot::empty(),
            memo_len: Cell::new(0),
            protocol: Cell::new(0),
            fix_imports: Cell::new(true),
            in_use: Cell::new(false),
        }
    }

    /// One that reads from a file, or for `loads` from none.
    pub fn new(vm: &Vm, file: Option<Value>, settings: Settings) -> PyResult<Gc<PyUnpickler>> {
        let unpickler = vm.alloc(PyUnpickler::empty())?;
        if let Some(file) = file {
            PyUnpickler::set_file(unpickler, vm, file)?;
        }
        PyUnpickler::set(unpickler, vm, settings)?;
        Ok(unpickler)
    }

    fn set(this: Gc<PyUnpickler>, vm: &Vm, settings: Settings) -> PyResult<()> {
        this.encoding.set(vm, this, settings.encoding);
        this.errors.set(vm, this, settings.errors);
        let buffers = match settings.buffers.and_then(Value::not_none) {
            Some(buffers) => Some(vm.iter(buffers)?),
            None => None,
        };
        this.buffers.set_maybe(vm, this, buffers);
        this.fix_imports.set(settings.fix_imports);
        Ok(())
    }

    fn set_file(this: Gc<PyUnpickler>, vm: &Vm, file: Value) -> PyResult<()> {
        let method = |name: &str| vm.get_attr_optional(file, vm.intern(name));
        let (peek, readinto, read, readline) =
            (method("peek")?, method("readinto")?, method("read")?, method("readline")?);
        let (Some(read), Some(readline)) = (read, readline) else {
            return Err(vm.type_error("file must have 'read' and 'readline' attributes"));
        };
        this.peek.set_maybe(vm, this, peek);
        this.readinto.set_maybe(vm, this, readinto);
        this.read.set(vm, this, read);
        this.readline.set(vm, this, readline);
        Ok(())
    }

    /// The object of a number.
    #[inline]
    pub fn memo_get(&self, vm: &Vm, id: usize) -> Option<Value> {
        match self.memo.get().and_then(|memo| memo.slots().get(id).and_then(Slot::get)) {
            Some(object) => Some(object),
            None => {
                let key = Value::try_small_int(i64::try_from(id).ok()?)?;
                // Keys are integers: comparing them raises nothing.
                self.sparse_memo.get().and_then(|sparse| sparse.get_hashed(vm, key, id as i64).ok().flatten())
            }
        }
    }

    /// How many objects have a number.
    pub fn memo_len(&self) -> usize {
        self.memo_len.get()
    }

    /// Gives an object a number.
    #[inline]
    pub fn memo_put(this: Gc<PyUnpickler>, vm: &Vm, id: usize, object: Value) -> PyResult<()> {
        if let Some(memo) = this.memo.get()
            && let Some(slot) = memo.slots().get(id)
        {
            let is_new = slot.get().is_none();
            memo.set(vm, id, object);
            this.memo_len.set(this.memo_len.get() + usize::from(is_new));
            return Ok(());
        }
        PyUnpickler::memo_put_beyond(this, vm, id, object)
    }

    #[cold]
    fn memo_put_beyond(this: Gc<PyUnpickler>, vm: &Vm, id: usize, object: Value) -> PyResult<()> {
        let old = this.memo.get();
        let len = old.map_or(0, |memo| memo.len());
        if id > 2 * len + SPARSE {
            let sparse = match this.sparse_memo.get() {
                Some(sparse) => sparse,
                None => {
                    let sparse = vm.new_dict()?;
                    this.sparse_memo.set(vm, this, sparse);
                    sparse
                }
            };
            let before = sparse.len();
            sparse.set(vm, vm.new_int_u64(id as u64)?, object)?;
            this.memo_len.set(this.memo_len.get() + sparse.len() - before);
            return Ok(());
        }
        let grown = vm.new_value_array((id + 1).max(len * 2).max(32))?;
        if let Some(old) = old {
            for (index, slot) in old.slots().iter().enumerate() {
                if let Some(object) = slot.get() {
                    grown.set(vm, index, object);
                }
            }
        }
        this.memo.set(vm, this, grown);
        grown.set(vm, id, object);
        this.memo_len.set(this.memo_len.get() + 1);
        Ok(())
    }

    fn memo_clear(&self) {
        self.memo.clear();
        self.sparse_memo.clear();
        self.memo_len.set(0);
    }

    /// The memo as a dict: objects by number.
    fn memo_dict(&self, vm: &Vm) -> PyResult<Gc<PyDict>> {
        let dict = vm.new_dict()?;
        if let Some(memo) = self.memo.get() {
            for (index, slot) in memo.slots().iter().enumerate() {
                if let Some(object) = slot.get() {
                    dict.set(vm, Value::small_int(index as i64), object)?;
                }
            }
        }
        if let Some(sparse) = self.sparse_memo.get() {
            vm.dict_merge(dict, sparse)?;
        }
        Ok(dict)
    }

    fn check_unused(&self, vm: &Vm) -> PyResult<()> {
        match self.in_use.get() {
            true => Err(vm.runtime_error("Unpickler object is already used")),
            false => Ok(()),
        }
    }

    /// `persistent_load`, when it is not this class's own.
    pub fn persistent_load_function(this: Gc<PyUnpickler>, vm: &Vm) -> PyResult<Option<Value>> {
        if let Some(set) = this.persistent_load.get() {
            return Ok(Some(set));
        }
        let Some(function) = vm.get_attr_optional(this.value(), vm.intern("persistent_load"))? else {
            return Ok(None);
        };
        let is_own = vm
            .cast_exact::<PyBuiltinFunction>(function)
            .is_some_and(|function| function.def.name == "persistent_load" && function.this_value() == this.value());
        Ok((!is_own).then_some(function))
    }

    /// What a module has under a name.
    pub fn find_class_of(this: Gc<PyUnpickler>, vm: &Vm, module_name: Value, name: Value) -> PyResult {
        vm.audit("pickle.find_class", &[module_name, name])?;
        let (mut module_name, mut name) = (module_name, name);
        let protocol = this.protocol.get();
        if protocol < 3 && this.fix_imports.get() {
            let names = (Registry::Names, "NAME_MAPPING");
            (module_name, name) = mapped_names(vm, names, (Registry::Modules, "IMPORT_MAPPING"), module_name, name)?;
        }
        let module = import_named(vm, module_name)?;
        let attribute = vm.attribute_name(name)?;
        if protocol < 4 || !attribute.data().iter().any(|c| c == u32::from(b'.')) {
            return vm.get_attr(module, attribute);
        }
        let parts = dotted_parts(vm, attribute)?;
        match vm.catch(deep_attribute(vm, module, &parts), vm.exceptions().AttributeError)? {
            Ok(found) => Ok(found),
            Err(cause) => {
                let mut out = StrBuilder::default();
                out.push_str("Can't resolve path ");
                out.push_py(&*vm.repr(name)?);
                out.push_str(" on module ");
                out.push_py(&*vm.repr(module_name)?);
                let message = out.finish(vm)?;
                let exception = vm.new_exception(vm.exceptions().AttributeError, &[message.value()])?;
                let raised = vm.raise(exception);
                vm.set_context_avoiding_cycles(exception, cause);
                Err(raised)
            }
        }
    }
}

/// How pickles are read.
#[derive(Clone, Copy)]
pub struct Settings {
    /// Whether names of Python 2 are mapped to those of Python 3.
    pub fix_imports: bool,
    /// The encoding of strings of Python 2; `bytes` leaves them as they are.
    pub encoding: Gc<PyStr>,
    /// What to do about those that are not of that encoding.
    pub errors: Gc<PyStr>,
    /// Buffers that are not in the pickle.
    pub buffers: Option<Value>,
}

#[py_type(
    name = "Unpickler",
    module = "_pickle",
    flags(BASETYPE, HEAPTYPE, IMMUTABLETYPE),
    doc = "This takes a binary file for reading a pickle data stream.\n\nThe protocol version of the pickle is detected automatically, so no\nprotocol argument is needed.  Bytes past the pickled object's\nrepresentation are ignored.\n\nThe argument *file* must have two methods, a read() method that takes\nan integer argument, and a readline() method that requires no\narguments.  Both methods should return bytes.  Thus *file* can be a\nbinary file object opened for reading, an io.BytesIO object, or any\nother custom object that meets this interface.\n\nOptional keyword arguments are *fix_imports*, *encoding* and *errors*,\nwhich are used to control compatibility support for pickle stream\ngenerated by Python 2.  If *fix_imports* is True, pickle will try to\nmap the old Python 2 names to the new names used in Python 3.  The\n*encoding* and *errors* tell pickle how to decode 8-bit string\ninstances pickled by Python 2; these default to 'ASCII' and 'strict',\nrespectively.  The *encoding* can be 'bytes' to read these 8-bit\nstring instances as bytes objects."
)]
impl PyUnpickler {
    #[new(raw)]
    fn make(vm: &Vm, class: Gc<PyType>, _args: kaa_objects::Args<'_>) -> PyResult<Gc<PyUnpickler>> {
        vm.alloc_instance(class, PyUnpickler::empty())
    }

    #[init("Unpickler(file, *, fix_imports=True, encoding='ASCII', errors='strict',\n          buffers=())")]
    fn init(
        vm: &Vm,
        this: Gc<PyUnpickler>,
        file: Value,
        fix_imports: bool,
        encoding: Gc<PyStr>,
        errors: Gc<PyStr>,
        buffers: Option<Value>,
    ) -> PyResult<()> {
        this.check_unused(vm)?;
        this.read.clear();
        this.input.clear();
        this.position.set(0);
        this.consumed.set(0);
        this.memo_clear();
        PyUnpickler::set_file(this, vm, file)?;
        PyUnpickler::set(this, vm, Settings { fix_imports, encoding, errors, buffers })?;
        this.protocol.set(0);
        Ok(())
    }

    #[slot(getattro)]
    fn get_attribute(vm: &Vm, this: Value, name: Gc<PyStr>) -> PyResult {
        if name.equals_str("persistent_load")
            && let Some(set) = vm.cast::<PyUnpickler>(this).and_then(|unpickler| unpickler.persistent_load.get())
        {
            return Ok(set);
        }
        vm.generic_get_attr(this, name)
    }

    #[slot(setattro)]
    fn set_attribute(vm: &Vm, this: Value, name: Gc<PyStr>, value: Option<Value>) -> PyResult<()> {
        if name.equals_str("persistent_load")
            && let Some(unpickler) = vm.cast::<PyUnpickler>(this)
        {
            unpickler.persistent_load.set_maybe(vm, unpickler, value);
            return Ok(());
        }
        vm.generic_set_attr(this, name, value)
    }

    #[method("persistent_load($self, pid, /)")]
    fn persistent_load(vm: &Vm, _this: Gc<PyUnpickler>, _pid: Value) -> PyResult {
        Err(state::unpickling_error(
            vm,
            "A load persistent id instruction was encountered, but no persistent_load function was specified.",
        ))
    }

    #[method(
        "load($self, /)",
        doc = "Load a pickle.\n\nRead a pickled object representation from the open file object given\nin the constructor, and return the reconstituted object hierarchy\nspecified therein."
    )]
    fn load(vm: &Vm, this: Gc<PyUnpickler>) -> PyResult {
        if this.read.get().is_none() {
            let class = vm.class_name(this.value());
            return Err(state::unpickling_error(
                vm,
                format_args!("Unpickler.__init__() was not called by {class}.__init__()"),
            ));
        }
        this.check_unused(vm)?;
        this.in_use.set(true);
        let loaded = Loader::from_file(vm, this).and_then(Loader::load_from_file);
        this.in_use.set(false);
        loaded
    }

    #[method(
        "find_class($self, module_name, global_name, /)",
        doc = "Return an object from a specified module.\n\nIf necessary, the module will be imported. Subclasses may override\nthis method (e.g. to restrict unpickling of arbitrary classes and\nfunctions).\n\nThis method is called whenever a class or a function object is\nneeded.  Both arguments passed are str objects."
    )]
    fn find_class(vm: &Vm, this: Gc<PyUnpickler>, module_name: Value, global_name: Value) -> PyResult {
        PyUnpickler::find_class_of(this, vm, module_name, global_name)
    }

    #[method("__sizeof__($self, /)", doc = "Returns size in memory, in bytes.")]
    fn sizeof(vm: &Vm, this: Gc<PyUnpickler>) -> usize {
        vm.heap().size_of(this.as_ptr().cast()) + 8 * this.memo.get().map_or(0, |memo| memo.len())
    }

    #[getter("memo")]
    fn memo(vm: &Vm, this: Gc<PyUnpickler>) -> PyResult<Gc<PyUnpicklerMemoProxy>> {
        vm.alloc(PyUnpicklerMemoProxy { header: Header::EMPTY, unpickler: Slot::new(this) })
    }

    #[setter("memo")]
    fn set_memo(vm: &Vm, this: Gc<PyUnpickler>, value: Option<Value>) -> PyResult<()> {
        let Some(value) = value else { return Err(vm.type_error("attribute deletion is not supported")) };
        let dict = match vm.cast_exact::<PyUnpicklerMemoProxy>(value) {
            Some(proxy) => proxy.unpickler.get_set().memo_dict(vm)?,
            None => vm.cast::<PyDict>(value).ok_or_else(|| {
                let class = vm.class_name(value);
                vm.type_error(format_args!(
                    "'memo' attribute must be an UnpicklerMemoProxy object or dict, not {class}"
                ))
            })?,
        };
        let mut position = 0;
        while position < dict.filled() {
            position += 1;
            let Some(entry) = dict.entry(position - 1) else { continue };
            if vm.as_int(entry.key).is_none() {
                return Err(vm.type_error("memo key must be integers"));
            }
            if crate::parse_tuple::size(vm, entry.key)? < 0 {
                return Err(vm.value_error("memo key must be positive integers."));
            }
        }
        this.memo_clear();
        for position in 0..dict.filled() {
            if let Some(entry) = dict.entry(position) {
                let id = vm.int_to_i64(entry.key).unwrap_or(0);
                PyUnpickler::memo_put(this, vm, id as usize, entry.value)?;
            }
        }
        Ok(())
    }
}

/// `Unpickler.memo`, as far as programs may look at it.
#[repr(C)]
#[derive(Trace)]
pub struct PyUnpicklerMemoProxy {
    header: Header,
    unpickler: Slot<Gc<PyUnpickler>>,
}

fn set_up_proxy(vm: &Vm, class: Gc<PyType>) -> PyResult<()> {
    class.dict.get_set().set_str(vm, vm.names().__hash__, Value::NONE)
}

#[py_type(
    name = "UnpicklerMemoProxy",
    module = "_pickle",
    flags(BASETYPE, HEAPTYPE, IMMUTABLETYPE, DISALLOW_INSTANTIATION),
    setup = set_up_proxy
)]
impl PyUnpicklerMemoProxy {
    #[slot(hash)]
    fn hash(vm: &Vm, this: Gc<PyUnpicklerMemoProxy>) -> PyResult<i64> {
        let class = vm.class_name(this.value());
        Err(vm.type_error(format_args!("unhashable type: '{class}'")))
    }

    #[method("clear($self, /)", doc = "Remove all items from memo.")]
    fn clear(&self) {
        self.unpickler.get_set().memo_clear();
    }

    #[method("copy($self, /)", doc = "Copy the memo to a new object.")]
    fn copy(vm: &Vm, this: Gc<PyUnpicklerMemoProxy>) -> PyResult<Gc<PyDict>> {
        this.unpickler.get_set().memo_dict(vm)
    }

    #[method("__reduce__($self, /)", doc = "Implement pickling support.")]
    fn reduce(vm: &Vm, this: Gc<PyUnpicklerMemoProxy>) -> PyResult<Gc<PyTuple>> {
        let args = vm.new_tuple(&[this.unpickler.get_set().memo_dict(vm)?.value()])?;
        vm.new_tuple(&[vm.class::<PyDict>().value(), args.value()])
    }
}
