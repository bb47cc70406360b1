//! `_pickle`: objects as bytes and back.
//!
//! Writing is a recursion over the objects (`save`, `reduce`, `globals`), reading a stack machine
//! (`load`, `construct`). `pickler` and `unpickler` are the types, with what outlives one pickle.

mod buffer;
mod construct;
mod globals;
mod input;
mod instances;
mod load;
mod memo;
mod opcodes;
mod output;
mod pickler;
mod reduce;
mod save;
mod state;
mod unpickler;

use kaa_macros::py_module;
use kaa_objects::class::PyType;
use kaa_objects::types::bytes::PyBytes;
use kaa_objects::types::module::PyModule;
use kaa_objects::types::str::PyStr;
use kaa_objects::{Gc, PyResult, Value, Vm};

use buffer::PyPickleBuffer;
use input::Input;
use load::Loader;
use memo::Memo;
use output::Output;
use pickler::PyPickler;
use save::Saver;
use unpickler::{PyUnpickler, Settings};

use crate::module_setup::{add, exception_class};

/// The module.
pub struct Pickle;

fn set_up(vm: &Vm, module: Gc<PyModule>) -> PyResult<()> {
    let make = |name: &str, base: Gc<PyType>| -> PyResult<Gc<PyType>> {
        let class = exception_class(vm, "_pickle", name, base)?;
        add(vm, module, name, class)?;
        vm.cast(class).ok_or_else(|| vm.type_error("type makes classes"))
    };
    let error = make("PickleError", vm.exceptions().Exception)?;
    let (pickling, unpickling) = (make("PicklingError", error)?, make("UnpicklingError", error)?);
    let state = state::state(vm);
    state.pickle_error.set_root(Some(error));
    state.pickling_error.set_root(Some(pickling));
    state.unpickling_error.set_root(Some(unpickling));
    Ok(())
}

#[py_module(
    name = "_pickle",
    doc = "Optimized C implementation for the Python pickle module.",
    types(PyPickler, PyUnpickler, PyPickleBuffer),
    setup = set_up
)]
impl Pickle {
    #[function(
        "dump(obj, file, protocol=None, *, fix_imports=True,\n     buffer_callback=None)",
        doc = "Write a pickled representation of obj to the open file object file.\n\nThis is equivalent to ``Pickler(file, protocol).dump(obj)``, but may\nbe more efficient.\n\nThe optional *protocol* argument tells the pickler to use the given\nprotocol; supported protocols are 0, 1, 2, 3, 4 and 5.  The default\nprotocol is 5. It was introduced in Python 3.8, and is incompatible\nwith previous versions.\n\nSpecifying a negative protocol version selects the highest protocol\nversion supported.  The higher the protocol used, the more recent the\nversion of Python needed to read the pickle produced.\n\nThe *file* argument must have a write() method that accepts a single\nbytes argument.  It can thus be a file object opened for binary\nwriting, an io.BytesIO instance, or any other custom object that meets\nthis interface.\n\nIf *fix_imports* is True and protocol is less than 3, pickle will try\nto map the new Python 3 names to the old module names used in Python\n2, so that the pickle data stream is readable with Python 2.\n\nIf *buffer_callback* is None (the default), buffer views are serialized\ninto *file* as part of the pickle stream.  It is an error if\n*buffer_callback* is not None and *protocol* is None or smaller than 5."
    )]
    fn dump(
        vm: &Vm,
        obj: Value,
        file: Value,
        protocol: Value,
        fix_imports: bool,
        buffer_callback: Value,
    ) -> PyResult<()> {
        let pickler = PyPickler::new(vm, Some(file), protocol, fix_imports, buffer_callback)?;
        let mut saver = Saver::new(vm, pickler, false)?;
        saver.dump(obj)?;
        saver.flush()
    }

    #[function(
        "dumps(obj, protocol=None, *, fix_imports=True,\n      buffer_callback=None)",
        doc = "Return the pickled representation of the object as a bytes object.\n\nThe optional *protocol* argument tells the pickler to use the given\nprotocol; supported protocols are 0, 1, 2, 3, 4 and 5.  The default\nprotocol is 5. It was introduced in Python 3.8, and is incompatible\nwith previous versions.\n\nSpecifying a negative protocol version selects the highest protocol\nversion supported.  The higher the protocol used, the more recent the\nversion of Python needed to read the pickle produced.\n\nIf *fix_imports* is True and *protocol* is less than 3, pickle will\ntry to map the new Python 3 names to the old module names used in\nPython 2, so that the pickle data stream is readable with Python 2.\n\nIf *buffer_callback* is None (the default), buffer views are serialized\ninto *file* as part of the pickle stream.  It is an error if\n*buffer_callback* is not None and *protocol* is None or smaller than 5."
    )]
    fn dumps(vm: &Vm, obj: Value, protocol: Value, fix_imports: bool, buffer_callback: Value) -> PyResult<Gc<PyBytes>> {
        /// More memory than this is given back.
        const KEPT: usize = 1 << 22;
        let pickler = PyPickler::new(vm, None, protocol, fix_imports, buffer_callback)?;
        let spare = &state::state(vm).spare;
        let (memory, memo) = spare.take().unwrap_or_default();
        pickler.replace_memo(memo);
        let mut saver = Saver::new(vm, pickler, false)?;
        saver.out = Output::in_memory(memory);
        saver.dump(obj)?;
        let bytes = vm.new_bytes(saver.out.finish())?;
        let (memory, memo) = (saver.out.into_memory(), pickler.replace_memo(Memo::default()));
        if memory.capacity() + memo.memory_size() <= KEPT {
            spare.replace(Some((memory, memo)));
        }
        Ok(bytes)
    }

    #[function(
        "load(file, *, fix_imports=True, encoding='ASCII',\n     errors='strict', buffers=())",
        doc = "Read and return an object from the pickle data stored in a file.\n\nThis is equivalent to ``Unpickler(file).load()``, but may be more\nefficient.\n\nThe protocol version of the pickle is detected automatically, so no\nprotocol argument is needed.  Bytes past the pickled object's\nrepresentation are ignored.\n\nThe argument *file* must have two methods, a read() method that takes\nan integer argument, and a readline() method that requires no\narguments.  Both methods should return bytes.  Thus *file* can be a\nbinary file object opened for reading, an io.BytesIO object, or any\nother custom object that meets this interface.\n\nOptional keyword arguments are *fix_imports*, *encoding* and *errors*,\nwhich are used to control compatibility support for pickle stream\ngenerated by Python 2.  If *fix_imports* is True, pickle will try to\nmap the old Python 2 names to the new names used in Python 3.  The\n*encoding* and *errors* tell pickle how to decode 8-bit string\ninstances pickled by Python 2; these default to 'ASCII' and 'strict',\nrespectively.  The *encoding* can be 'bytes' to read these 8-bit\nstring instances as bytes objects."
    )]
    fn load(
        vm: &Vm,
        file: Value,
        fix_imports: bool,
        encoding: Gc<PyStr>,
        errors: Gc<PyStr>,
        buffers: Option<Value>,
    ) -> PyResult {
        let settings = Settings { fix_imports, encoding, errors, buffers };
        let unpickler = PyUnpickler::new(vm, Some(file), settings)?;
        Loader::from_file(vm, unpickler)?.load_from_file()
    }

    #[function(
        "loads(data, /, *, fix_imports=True, encoding='ASCII',\n      errors='strict', buffers=())",
        doc = "Read and return an object from the given pickle data.\n\nThe protocol version of the pickle is detected automatically, so no\nprotocol argument is needed.  Bytes past the pickled object's\nrepresentation are ignored.\n\nOptional keyword arguments are *fix_imports*, *encoding* and *errors*,\nwhich are used to control compatibility support for pickle stream\ngenerated by Python 2.  If *fix_imports* is True, pickle will try to\nmap the old Python 2 names to the new names used in Python 3.  The\n*encoding* and *errors* tell pickle how to decode 8-bit string\ninstances pickled by Python 2; these default to 'ASCII' and 'strict',\nrespectively.  The *encoding* can be 'bytes' to read these 8-bit\nstring instances as bytes objects."
    )]
    fn loads(
        vm: &Vm,
        data: Value,
        fix_imports: bool,
        encoding: Gc<PyStr>,
        errors: Gc<PyStr>,
        buffers: Option<Value>,
    ) -> PyResult {
        let settings = Settings { fix_imports, encoding, errors, buffers };
        let unpickler = PyUnpickler::new(vm, None, settings)?;
        let input = Input::of_object(vm, data)?;
        Loader::new(vm, unpickler, input).load()
    }
}
