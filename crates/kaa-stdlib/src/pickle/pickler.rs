//! `Pickler`: what it is told, and the memo that it keeps from one pickle to the next.

use std::cell::{Cell, RefCell};
use std::mem::offset_of;

use kaa_objects::class::PyType;
use kaa_objects::object::{Header, Slot};
use kaa_objects::types::descriptors::{MemberKind, PyBuiltinFunction};
use kaa_objects::types::dict::PyDict;
use kaa_objects::types::list::PyList;
use kaa_objects::types::str::PyStr;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::{Gc, PyResult, Trace, Value, Vm, py_type};

use super::memo::Memo;
use super::opcodes::{DEFAULT_PROTOCOL, HIGHEST_PROTOCOL};
use super::save::Saver;
use super::state;

/// A `Pickler`.
#[repr(C)]
#[derive(Trace)]
pub struct PyPickler {
    header: Header,
    /// The file's `write`; empty before `__init__`, and for `dumps`.
    pub write: Slot,
    /// `persistent_id` as it was set on the object.
    persistent_id: Slot,
    /// `dispatch_table`, when the object or its class has one.
    pub dispatch_table: Slot,
    /// What is asked whether a buffer goes into the pickle.
    pub buffer_callback: Slot,
    memo_objects: Slot<Gc<PyList>>,
    #[trace(skip)]
    memo: RefCell<Memo>,
    pub protocol: Cell<i32>,
    pub binary: Cell<i32>,
    pub fast: Cell<i32>,
    pub fix_imports: Cell<bool>,
    /// Whether it is writing: then it cannot be used for anything else.
    in_use: Cell<bool>,
}

impl PyPickler {
    fn empty() -> PyPickler {
        PyPickler {
            header: Header::EMPTY,
            write: Slot::empty(),
            persistent_id: Slot::empty(),
            dispatch_table: Slot::empty(),
            buffer_callback: Slot::empty(),
            memo_objects: Slot::empty(),
            memo: RefCell::default(),
            protocol: Cell::new(0),
            binary: Cell::new(0),
            fast: Cell::new(0),
            fix_imports: Cell::new(false),
            in_use: Cell::new(false),
        }
    }

    /// One that writes to a file, or for `dumps` to none.
    pub fn new(
        vm: &Vm,
        file: Option<Value>,
        protocol: Value,
        fix_imports: bool,
        buffer_callback: Value,
    ) -> PyResult<Gc<PyPickler>> {
        let pickler = vm.alloc(PyPickler::empty())?;
        pickler.set_protocol(vm, protocol, fix_imports)?;
        if let Some(file) = file {
            PyPickler::set_file(pickler, vm, file)?;
        }
        PyPickler::set_buffer_callback(pickler, vm, buffer_callback)?;
        Ok(pickler)
    }

    fn set_protocol(&self, vm: &Vm, protocol: Value, fix_imports: bool) -> PyResult<()> {
        let protocol = match protocol.not_none() {
            None => DEFAULT_PROTOCOL,
            Some(protocol) => match crate::parse_tuple::long(vm, protocol)? {
                i64::MIN..0 => HIGHEST_PROTOCOL,
                protocol if protocol > HIGHEST_PROTOCOL.into() => {
                    return Err(vm.value_error(format_args!("pickle protocol must be <= {HIGHEST_PROTOCOL}")));
                }
                protocol => protocol as i32,
            },
        };
        self.protocol.set(protocol);
        self.binary.set((protocol > 0).into());
        self.fix_imports.set(fix_imports && protocol < 3);
        Ok(())
    }

    fn set_file(this: Gc<PyPickler>, vm: &Vm, file: Value) -> PyResult<()> {
        match vm.get_attr_optional(file, vm.names().write)? {
            Some(write) => {
                this.write.set(vm, this, write);
                Ok(())
            }
            None => Err(vm.type_error("file must have a 'write' attribute")),
        }
    }

    fn set_buffer_callback(this: Gc<PyPickler>, vm: &Vm, callback: Value) -> PyResult<()> {
        if !callback.is_none() && this.protocol.get() < 5 {
            return Err(vm.value_error("buffer_callback needs protocol >= 5"));
        }
        this.buffer_callback.set_maybe(vm, this, callback.not_none());
        Ok(())
    }

    /// The number of an object that was written.
    #[inline]
    pub fn memo_get(&self, vm: &Vm, object: Value) -> Option<u32> {
        self.memo.borrow_mut().get(vm, &self.memo_objects, object)
    }

    /// How many objects were written.
    pub fn memo_len(&self) -> usize {
        self.memo.borrow().len()
    }

    fn objects(this: Gc<PyPickler>, vm: &Vm) -> PyResult<Gc<PyList>> {
        match this.memo_objects.get() {
            Some(objects) => Ok(objects),
            None => {
                let objects = vm.new_list(&[])?;
                this.memo_objects.set(vm, this, objects);
                Ok(objects)
            }
        }
    }

    /// Numbers an object that was not written before.
    pub fn memo_add(this: Gc<PyPickler>, vm: &Vm, object: Value) -> PyResult<u32> {
        let list = PyPickler::objects(this, vm)?;
        let id = u32::try_from(this.memo_len())
            .map_err(|_| state::pickling_error(vm, "memo id too large for LONG_BINPUT"))?;
        this.memo.borrow_mut().add(vm, list, object, id)?;
        Ok(id)
    }

    /// Exchanges the memory of the memo, which must be empty; for picklers that no program sees.
    pub fn replace_memo(&self, mut memo: Memo) -> Memo {
        memo.clear();
        self.memo.replace(memo)
    }

    fn memo_clear(&self) {
        self.memo.borrow_mut().clear();
        self.memo_objects.clear();
    }

    /// The memo as a dict: numbers and objects by identity.
    fn memo_dict(&self, vm: &Vm) -> PyResult<Gc<PyDict>> {
        let dict = vm.new_dict()?;
        let Some(objects) = self.memo_objects.get() else { return Ok(dict) };
        for index in 0..objects.len() {
            let (Some(object), Some(&id)) = (objects.get(index), self.memo.borrow().ids().get(index)) else { break };
            let entry = vm.new_tuple(&[Value::small_int(id.into()), object])?;
            let key = vm.new_int_u64(vm.identity(object) as u64)?;
            dict.set(vm, key, entry.value())?;
        }
        Ok(dict)
    }

    /// Writes one object to the file.
    fn dump_to_file(this: Gc<PyPickler>, vm: &Vm, object: Value) -> PyResult<()> {
        this.check_unused(vm)?;
        this.in_use.set(true);
        let dumped = Saver::new(vm, this, true).and_then(|mut saver| {
            saver.dump(object)?;
            saver.flush()
        });
        this.in_use.set(false);
        dumped
    }

    fn check_unused(&self, vm: &Vm) -> PyResult<()> {
        match self.in_use.get() {
            true => Err(vm.runtime_error("Pickler object is already used")),
            false => Ok(()),
        }
    }

    /// `persistent_id`, when it is not this class's own, which does nothing.
    pub fn persistent_id_function(this: Gc<PyPickler>, vm: &Vm) -> PyResult<Option<Value>> {
        if let Some(set) = this.persistent_id.get() {
            return Ok(Some(set));
        }
        let name = vm.intern("persistent_id");
        let class = vm.class_of(this.value());
        if vm.lookup(class, name) == vm.lookup(vm.class::<PyPickler>(), name)
            && !vm.has_instance_attributes(this.value())
        {
            return Ok(None);
        }
        let Some(function) = vm.get_attr_optional(this.value(), name)? else { return Ok(None) };
        let is_own = vm
            .cast_exact::<PyBuiltinFunction>(function)
            .is_some_and(|function| function.def.name == "persistent_id" && function.this_value() == this.value());
        Ok((!is_own).then_some(function))
    }
}

/// The new value of a member that is a C `int`.
fn int_member(vm: &Vm, value: Option<Value>) -> PyResult<i32> {
    let Some(value) = value else { return Err(vm.type_error("can't delete numeric/char attribute")) };
    let long = crate::parse_tuple::long(vm, value)?;
    if i32::try_from(long).is_err()
        && let Some(warn) = vm.hooks.warn.get()
    {
        warn(vm, vm.exceptions().RuntimeWarning.value(), "Truncation of value to int", 1)?;
    }
    Ok(long as i32)
}

fn set_up(vm: &Vm, class: Gc<PyType>) -> PyResult<()> {
    let offset = offset_of!(PyPickler, dispatch_table);
    vm.add_members(class, &[("dispatch_table", offset, MemberKind::Required, "")])
}

#[py_type(
    name = "Pickler",
    module = "_pickle",
    drop,
    flags(BASETYPE, HEAPTYPE, IMMUTABLETYPE),
    setup = set_up,
    doc = "This takes a binary file for writing a pickle data stream.\n\nThe optional *protocol* argument tells the pickler to use the given\nprotocol; supported protocols are 0, 1, 2, 3, 4 and 5.  The default\nprotocol is 5. It was introduced in Python 3.8, and is incompatible\nwith previous versions.\n\nSpecifying a negative protocol version selects the highest protocol\nversion supported.  The higher the protocol used, the more recent the\nversion of Python needed to read the pickle produced.\n\nThe *file* argument must have a write() method that accepts a single\nbytes argument. It can thus be a file object opened for binary\nwriting, an io.BytesIO instance, or any other custom object that meets\nthis interface.\n\nIf *fix_imports* is True and protocol is less than 3, pickle will try\nto map the new Python 3 names to the old module names used in Python\n2, so that the pickle data stream is readable with Python 2.\n\nIf *buffer_callback* is None (the default), buffer views are\nserialized into *file* as part of the pickle stream.\n\nIf *buffer_callback* is not None, then it can be called any number\nof times with a buffer view.  If the callback returns a false value\n(such as None), the given buffer is out-of-band; otherwise the\nbuffer is serialized in-band, i.e. inside the pickle stream.\n\nIt is an error if *buffer_callback* is not None and *protocol*\nis None or smaller than 5."
)]
impl PyPickler {
    #[new(raw)]
    fn make(vm: &Vm, class: Gc<PyType>, _args: kaa_objects::Args<'_>) -> PyResult<Gc<PyPickler>> {
        vm.alloc_instance(class, PyPickler::empty())
    }

    #[init("Pickler(file, protocol=None, fix_imports=True, buffer_callback=None)")]
    fn init(
        vm: &Vm,
        this: Gc<PyPickler>,
        file: Value,
        protocol: Value,
        fix_imports: bool,
        buffer_callback: Value,
    ) -> PyResult<()> {
        this.check_unused(vm)?;
        if this.write.get().is_some() {
            this.write.clear();
            this.dispatch_table.clear();
            this.memo_clear();
        }
        this.set_protocol(vm, protocol, fix_imports)?;
        PyPickler::set_file(this, vm, file)?;
        PyPickler::set_buffer_callback(this, vm, buffer_callback)?;
        this.fast.set(0);
        if this.dispatch_table.get().is_none() {
            let own = vm.get_attr_optional(this.value(), vm.intern("dispatch_table"))?;
            this.dispatch_table.set_maybe(vm, this, own);
        }
        Ok(())
    }

    #[slot(getattro)]
    fn get_attribute(vm: &Vm, this: Value, name: Gc<PyStr>) -> PyResult {
        if name.equals_str("persistent_id")
            && let Some(set) = vm.cast::<PyPickler>(this).and_then(|pickler| pickler.persistent_id.get())
        {
            return Ok(set);
        }
        vm.generic_get_attr(this, name)
    }

    #[slot(setattro)]
    fn set_attribute(vm: &Vm, this: Value, name: Gc<PyStr>, value: Option<Value>) -> PyResult<()> {
        if name.equals_str("persistent_id")
            && let Some(pickler) = vm.cast::<PyPickler>(this)
        {
            pickler.persistent_id.set_maybe(vm, pickler, value);
            return Ok(());
        }
        vm.generic_set_attr(this, name, value)
    }

    #[method("persistent_id($self, obj, /)")]
    fn persistent_id(_this: Gc<PyPickler>, _obj: Value) {}

    #[method("dump($self, obj, /)", doc = "Write a pickled representation of the given object to the open file.")]
    fn dump(vm: &Vm, this: Gc<PyPickler>, obj: Value) -> PyResult<()> {
        if this.write.get().is_none() {
            let class = vm.class_name(this.value());
            return Err(state::pickling_error(
                vm,
                format_args!("Pickler.__init__() was not called by {class}.__init__()"),
            ));
        }
        PyPickler::dump_to_file(this, vm, obj)
    }

    #[method(
        "clear_memo($self, /)",
        doc = "Clears the pickler's \"memo\".\n\nThe memo is the data structure that remembers which objects the\npickler has already seen, so that shared or recursive objects are\npickled by reference and not by value.  This method is useful when\nre-using picklers."
    )]
    fn clear_memo(&self) {
        self.memo_clear();
    }

    #[method("__sizeof__($self, /)", doc = "Returns size in memory, in bytes.")]
    fn sizeof(vm: &Vm, this: Gc<PyPickler>) -> usize {
        vm.heap().size_of(this.as_ptr().cast()) + this.memo.borrow().memory_size()
    }

    #[getter("bin", member)]
    fn bin(&self) -> i32 {
        self.binary.get()
    }

    #[setter("bin")]
    fn set_bin(vm: &Vm, this: Gc<PyPickler>, value: Option<Value>) -> PyResult<()> {
        this.binary.set(int_member(vm, value)?);
        Ok(())
    }

    #[getter("fast", member)]
    fn fast(&self) -> i32 {
        self.fast.get()
    }

    #[setter("fast")]
    fn set_fast(vm: &Vm, this: Gc<PyPickler>, value: Option<Value>) -> PyResult<()> {
        this.fast.set(int_member(vm, value)?);
        Ok(())
    }

    #[getter("memo")]
    fn memo(vm: &Vm, this: Gc<PyPickler>) -> PyResult<Gc<PyPicklerMemoProxy>> {
        vm.alloc(PyPicklerMemoProxy { header: Header::EMPTY, pickler: Slot::new(this) })
    }

    #[setter("memo")]
    fn set_memo(vm: &Vm, this: Gc<PyPickler>, value: Option<Value>) -> PyResult<()> {
        let Some(value) = value else { return Err(vm.type_error("attribute deletion is not supported")) };
        let dict = match vm.cast_exact::<PyPicklerMemoProxy>(value) {
            Some(proxy) => proxy.pickler.get_set().memo_dict(vm)?,
            None => vm.cast::<PyDict>(value).ok_or_else(|| {
                let class = vm.class_name(value);
                vm.type_error(format_args!("'memo' attribute must be a PicklerMemoProxy object or dict, not {class}"))
            })?,
        };
        let (objects, mut memo) = (vm.new_list(&[])?, Memo::default());
        let mut position = 0;
        while position < dict.filled() {
            position += 1;
            let Some(entry) = dict.entry(position - 1) else { continue };
            let pair = vm.cast::<PyTuple>(entry.value);
            let Some(&[id, object]) = pair.as_ref().map(|pair| pair.as_slice()) else {
                return Err(vm.type_error("'memo' values must be 2-item tuples"));
            };
            let id = crate::parse_tuple::size(vm, id)?;
            let id = u32::try_from(id).map_err(|_| vm.overflow_error("memo id out of range"))?;
            memo.add(vm, objects, object, id)?;
        }
        this.memo_objects.set(vm, this, objects);
        this.memo.replace(memo);
        Ok(())
    }
}

/// `Pickler.memo`, as far as programs may look at it.
#[repr(C)]
#[derive(Trace)]
pub struct PyPicklerMemoProxy {
    header: Header,
    pickler: Slot<Gc<PyPickler>>,
}

fn set_up_proxy(vm: &Vm, class: Gc<PyType>) -> PyResult<()> {
    class.dict.get_set().set_str(vm, vm.names().__hash__, Value::NONE)
}

#[py_type(
    name = "PicklerMemoProxy",
    module = "_pickle",
    flags(BASETYPE, HEAPTYPE, IMMUTABLETYPE, DISALLOW_INSTANTIATION),
    setup = set_up_proxy
)]
impl PyPicklerMemoProxy {
    #[slot(hash)]
    fn hash(vm: &Vm, this: Gc<PyPicklerMemoProxy>) -> PyResult<i64> {
        let class = vm.class_name(this.value());
        Err(vm.type_error(format_args!("unhashable type: '{class}'")))
    }

    #[method("clear($self, /)", doc = "Remove all items from memo.")]
    fn clear(&self) {
        self.pickler.get_set().memo_clear();
    }

    #[method("copy($self, /)", doc = "Copy the memo to a new object.")]
    fn copy(vm: &Vm, this: Gc<PyPicklerMemoProxy>) -> PyResult<Gc<PyDict>> {
        this.pickler.get_set().memo_dict(vm)
    }

    #[method("__reduce__($self, /)", doc = "Implement pickle support.")]
    fn reduce(vm: &Vm, this: Gc<PyPicklerMemoProxy>) -> PyResult<Gc<PyTuple>> {
        let args = vm.new_tuple(&[this.pickler.get_set().memo_dict(vm)?.value()])?;
        vm.new_tuple(&[vm.class::<PyDict>().value(), args.value()])
    }
}
