//! The classes of builtin exceptions and their bases.

use super::PyBaseException;
use crate::class::{Layout, PyType, Slots, TraceKind, TypeDef, flags};
use crate::object::Native;
use crate::{Gc, Vm};
use std::sync::atomic::AtomicU32;

macro_rules! exceptions {
    ($($name:ident: $base:ident;)*) => {
        /// The builtin exception classes by name.
        #[allow(non_snake_case, missing_docs, reason = "each field is the class's name")]
        pub struct Exceptions {
            pub BaseException: Gc<PyType>,
            $(pub $name: Gc<PyType>,)*
        }

        #[allow(non_snake_case)]
        mod defs {
            use super::*;
            pub fn BaseException() -> &'static TypeDef {
                PyBaseException::def()
            }
            $(
                pub fn $name() -> &'static TypeDef {
                    static DEF: TypeDef = TypeDef {
                        name: stringify!($name),
                        module: "builtins",
                        doc: None,
                        base: Some($base),
                        flags: flags::BASETYPE,
                        layout: Layout {
                            size: size_of::<PyBaseException>(),
                            variable: false,
                            trace: TraceKind::Custom(crate::object::trace_native::<PyBaseException>),
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
            )*
        }

        impl Exceptions {
            /// All classes, a base before what derives from it.
            pub fn all(&self) -> Vec<Gc<PyType>> {
                // Types do not move, and these live as long as the isolate.
                vec![self.BaseException, $(self.$name,)*]
            }

            pub(crate) fn new(vm: &Vm) -> Exceptions {
                Exceptions {
                    BaseException: vm.class::<PyBaseException>(),
                    $($name: vm.native_class(defs::$name()),)*
                }
            }
        }
    };
}

exceptions! {
    BaseExceptionGroup: BaseException;
    GeneratorExit: BaseException;
    KeyboardInterrupt: BaseException;
    SystemExit: BaseException;
    Exception: BaseException;
    ArithmeticError: Exception;
    FloatingPointError: ArithmeticError;
    OverflowError: ArithmeticError;
    ZeroDivisionError: ArithmeticError;
    AssertionError: Exception;
    AttributeError: Exception;
    BufferError: Exception;
    EOFError: Exception;
    ImportError: Exception;
    ModuleNotFoundError: ImportError;
    LookupError: Exception;
    IndexError: LookupError;
    KeyError: LookupError;
    MemoryError: Exception;
    NameError: Exception;
    UnboundLocalError: NameError;
    OSError: Exception;
    BlockingIOError: OSError;
    ChildProcessError: OSError;
    ConnectionError: OSError;
    BrokenPipeError: ConnectionError;
    ConnectionAbortedError: ConnectionError;
    ConnectionRefusedError: ConnectionError;
    ConnectionResetError: ConnectionError;
    FileExistsError: OSError;
    FileNotFoundError: OSError;
    InterruptedError: OSError;
    IsADirectoryError: OSError;
    NotADirectoryError: OSError;
    PermissionError: OSError;
    ProcessLookupError: OSError;
    TimeoutError: OSError;
    ReferenceError: Exception;
    RuntimeError: Exception;
    NotImplementedError: RuntimeError;
    PythonFinalizationError: RuntimeError;
    RecursionError: RuntimeError;
    StopAsyncIteration: Exception;
    StopIteration: Exception;
    SyntaxError: Exception;
    IndentationError: SyntaxError;
    TabError: IndentationError;
    _IncompleteInputError: SyntaxError;
    SystemError: Exception;
    TypeError: Exception;
    ValueError: Exception;
    UnicodeError: ValueError;
    UnicodeDecodeError: UnicodeError;
    UnicodeEncodeError: UnicodeError;
    UnicodeTranslateError: UnicodeError;
    Warning: Exception;
    BytesWarning: Warning;
    DeprecationWarning: Warning;
    EncodingWarning: Warning;
    FutureWarning: Warning;
    ImportWarning: Warning;
    PendingDeprecationWarning: Warning;
    ResourceWarning: Warning;
    RuntimeWarning: Warning;
    SyntaxWarning: Warning;
    UnicodeWarning: Warning;
    UserWarning: Warning;
}
