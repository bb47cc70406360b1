//! The classes of builtin exceptions: those that only have a name here, and the table of all.

use std::sync::atomic::AtomicU32;

use super::group::PyExceptionGroup;
use super::stop::KeyError;
use super::unicode_error::{UnicodeDecodeError, UnicodeEncodeError, UnicodeTranslateError};
use super::{
    PyAttributeError, PyBaseException, PyImportError, PyNameError, PyOsError, PyStopIteration, PySyntaxError,
    PySystemExit, PyUnicodeError,
};
use crate::args::Args;
use crate::class::{Layout, PyType, Slots, TraceKind, TypeDef, flags};
use crate::object::Native;
use crate::{Gc, PyResult, Vm};

/// A class that adds nothing to its base: `Name: Base, struct of the instances, doc`.
macro_rules! plain_classes {
    ($($name:ident: $base:ty, $instances:ty, $doc:literal;)*) => {
        $(
            #[doc = concat!("`", stringify!($name), "`.")]
            #[allow(non_camel_case_types, reason = "Python's name")]
            pub struct $name {}

            // SAFETY: the instances are those of the base, whose struct is as Native demands.
            unsafe impl Native for $name {
                fn def() -> &'static TypeDef {
                    static DEF: TypeDef = TypeDef {
                        name: stringify!($name),
                        module: "builtins",
                        doc: Some($doc),
                        base: Some(<$base as Native>::def),
                        flags: flags::BASETYPE,
                        layout: Layout {
                            size: size_of::<$instances>(),
                            variable: false,
                            trace: TraceKind::Custom(crate::object::trace_native::<$instances>),
                            drop: None,
                            weak_slot: None,
                        },
                        slots: Slots::NONE,
                        methods: &[],
                        getset: &[],
                        setup: None,
                        index: AtomicU32::new(0),
                    };
                    &DEF
                }
            }
        )*
    };
}

plain_classes! {
    GeneratorExit: PyBaseException, PyBaseException, "Request that a generator exit.";
    KeyboardInterrupt: PyBaseException, PyBaseException, "Program interrupted by user.";
    Exception: PyBaseException, PyBaseException, "Common base class for all non-exit exceptions.";
    ArithmeticError: Exception, PyBaseException, "Base class for arithmetic errors.";
    FloatingPointError: ArithmeticError, PyBaseException, "Floating-point operation failed.";
    OverflowError: ArithmeticError, PyBaseException, "Result too large to be represented.";
    ZeroDivisionError: ArithmeticError, PyBaseException, "Second argument to a division or modulo operation was zero.";
    AssertionError: Exception, PyBaseException, "Assertion failed.";
    BufferError: Exception, PyBaseException, "Buffer error.";
    EOFError: Exception, PyBaseException, "Read beyond end of file.";
    ModuleNotFoundError: PyImportError, PyImportError, "Module not found.";
    LookupError: Exception, PyBaseException, "Base class for lookup errors.";
    IndexError: LookupError, PyBaseException, "Sequence index out of range.";
    MemoryError: Exception, PyBaseException, "Out of memory.";
    UnboundLocalError: PyNameError, PyNameError, "Local name referenced but not bound to a value.";
    BlockingIOError: PyOsError, PyOsError, "I/O operation would block.";
    ChildProcessError: PyOsError, PyOsError, "Child process error.";
    ConnectionError: PyOsError, PyOsError, "Connection error.";
    BrokenPipeError: ConnectionError, PyOsError, "Broken pipe.";
    ConnectionAbortedError: ConnectionError, PyOsError, "Connection aborted.";
    ConnectionRefusedError: ConnectionError, PyOsError, "Connection refused.";
    ConnectionResetError: ConnectionError, PyOsError, "Connection reset.";
    FileExistsError: PyOsError, PyOsError, "File already exists.";
    FileNotFoundError: PyOsError, PyOsError, "File not found.";
    InterruptedError: PyOsError, PyOsError, "Interrupted by signal.";
    IsADirectoryError: PyOsError, PyOsError, "Operation doesn't work on directories.";
    NotADirectoryError: PyOsError, PyOsError, "Operation only works on directories.";
    PermissionError: PyOsError, PyOsError, "Not enough permissions.";
    ProcessLookupError: PyOsError, PyOsError, "Process not found.";
    TimeoutError: PyOsError, PyOsError, "Timeout expired.";
    ReferenceError: Exception, PyBaseException, "Weak ref proxy used after referent went away.";
    RuntimeError: Exception, PyBaseException, "Unspecified run-time error.";
    NotImplementedError: RuntimeError, PyBaseException, "Method or function hasn't been implemented yet.";
    PythonFinalizationError: RuntimeError, PyBaseException, "Operation blocked during Python finalization.";
    RecursionError: RuntimeError, PyBaseException, "Recursion limit exceeded.";
    StopAsyncIteration: Exception, PyBaseException, "Signal the end from iterator.__anext__().";
    IndentationError: PySyntaxError, PySyntaxError, "Improper indentation.";
    TabError: IndentationError, PySyntaxError, "Improper mixture of spaces and tabs.";
    _IncompleteInputError: PySyntaxError, PySyntaxError, "incomplete input.";
    SystemError: Exception, PyBaseException, "Internal error in the Python interpreter.\n\nPlease report this to the Python maintainer, along with the traceback,\nthe Python version, and the hardware/OS platform and version.";
    TypeError: Exception, PyBaseException, "Inappropriate argument type.";
    ValueError: Exception, PyBaseException, "Inappropriate argument value (of correct type).";
    Warning: Exception, PyBaseException, "Base class for warning categories.";
    BytesWarning: Warning, PyBaseException, "Base class for warnings about bytes and buffer related problems, mostly\nrelated to conversion from str or comparing to str.";
    DeprecationWarning: Warning, PyBaseException, "Base class for warnings about deprecated features.";
    EncodingWarning: Warning, PyBaseException, "Base class for warnings about encodings.";
    FutureWarning: Warning, PyBaseException, "Base class for warnings about constructs that will change semantically\nin the future.";
    ImportWarning: Warning, PyBaseException, "Base class for warnings about probable mistakes in module imports";
    PendingDeprecationWarning: Warning, PyBaseException, "Base class for warnings about features which will be deprecated\nin the future.";
    ResourceWarning: Warning, PyBaseException, "Base class for warnings about resource usage.";
    RuntimeWarning: Warning, PyBaseException, "Base class for warnings about dubious runtime behavior.";
    SyntaxWarning: Warning, PyBaseException, "Base class for warnings about dubious syntax.";
    UnicodeWarning: Warning, PyBaseException, "Base class for warnings about Unicode related problems, mostly\nrelated to conversion problems.";
    UserWarning: Warning, PyBaseException, "Base class for warnings generated by user code.";
}

macro_rules! exceptions {
    ($($name:ident = $native:ty;)*) => {
        /// The builtin exception classes by name.
        #[allow(non_snake_case, missing_docs, reason = "each field is the class's name")]
        pub struct Exceptions {
            $(pub $name: Gc<PyType>,)*
            pub ExceptionGroup: Gc<PyType>,
        }

        impl Exceptions {
            /// All classes, a base before what derives from it.
            pub fn all(&self) -> Vec<Gc<PyType>> {
                // Types do not move, and these live as long as the isolate.
                vec![$(self.$name,)* self.ExceptionGroup]
            }

            pub(crate) fn new(vm: &Vm) -> Exceptions {
                let (group, exception) = (vm.class::<PyExceptionGroup>(), vm.native_class(Exception::def()));
                Exceptions {
                    $($name: vm.native_class(<$native>::def()),)*
                    ExceptionGroup: make_exception_group(vm, group, exception).expect("memory for a class"),
                }
            }
        }
    };
}

/// `ExceptionGroup` has two bases: it is made as Python makes classes.
fn make_exception_group(vm: &Vm, group: Gc<PyType>, exception: Gc<PyType>) -> PyResult<Gc<PyType>> {
    let namespace = vm.new_dict()?;
    namespace.set_str(vm, vm.names().__module__, vm.names().builtins.value())?;
    let bases = vm.new_tuple(&[group.value(), exception.value()])?;
    let metaclass = vm.class::<PyType>();
    let class = vm.new_class(metaclass, vm.intern("ExceptionGroup"), bases, namespace, Args::EMPTY)?;
    // SAFETY: that is what `new_class` makes.
    Ok(unsafe { class.as_gc_unchecked() })
}

exceptions! {
    BaseException = PyBaseException;
    BaseExceptionGroup = PyExceptionGroup;
    GeneratorExit = GeneratorExit;
    KeyboardInterrupt = KeyboardInterrupt;
    SystemExit = PySystemExit;
    Exception = Exception;
    ArithmeticError = ArithmeticError;
    FloatingPointError = FloatingPointError;
    OverflowError = OverflowError;
    ZeroDivisionError = ZeroDivisionError;
    AssertionError = AssertionError;
    AttributeError = PyAttributeError;
    BufferError = BufferError;
    EOFError = EOFError;
    ImportError = PyImportError;
    ModuleNotFoundError = ModuleNotFoundError;
    LookupError = LookupError;
    IndexError = IndexError;
    KeyError = KeyError;
    MemoryError = MemoryError;
    NameError = PyNameError;
    UnboundLocalError = UnboundLocalError;
    OSError = PyOsError;
    BlockingIOError = BlockingIOError;
    ChildProcessError = ChildProcessError;
    ConnectionError = ConnectionError;
    BrokenPipeError = BrokenPipeError;
    ConnectionAbortedError = ConnectionAbortedError;
    ConnectionRefusedError = ConnectionRefusedError;
    ConnectionResetError = ConnectionResetError;
    FileExistsError = FileExistsError;
    FileNotFoundError = FileNotFoundError;
    InterruptedError = InterruptedError;
    IsADirectoryError = IsADirectoryError;
    NotADirectoryError = NotADirectoryError;
    PermissionError = PermissionError;
    ProcessLookupError = ProcessLookupError;
    TimeoutError = TimeoutError;
    ReferenceError = ReferenceError;
    RuntimeError = RuntimeError;
    NotImplementedError = NotImplementedError;
    PythonFinalizationError = PythonFinalizationError;
    RecursionError = RecursionError;
    StopAsyncIteration = StopAsyncIteration;
    StopIteration = PyStopIteration;
    SyntaxError = PySyntaxError;
    IndentationError = IndentationError;
    TabError = TabError;
    _IncompleteInputError = _IncompleteInputError;
    SystemError = SystemError;
    TypeError = TypeError;
    ValueError = ValueError;
    UnicodeError = PyUnicodeError;
    UnicodeDecodeError = UnicodeDecodeError;
    UnicodeEncodeError = UnicodeEncodeError;
    UnicodeTranslateError = UnicodeTranslateError;
    Warning = Warning;
    BytesWarning = BytesWarning;
    DeprecationWarning = DeprecationWarning;
    EncodingWarning = EncodingWarning;
    FutureWarning = FutureWarning;
    ImportWarning = ImportWarning;
    PendingDeprecationWarning = PendingDeprecationWarning;
    ResourceWarning = ResourceWarning;
    RuntimeWarning = RuntimeWarning;
    SyntaxWarning = SyntaxWarning;
    UnicodeWarning = UnicodeWarning;
    UserWarning = UserWarning;
}
