//! The instructions of CPython 3.14: the one place that says which there are, their numbers, how
//! many cache units follow each, what they take from and put on the stack, and what their argument
//! means. Everything else that knows an instruction (compiler, disassembler, interpreter) reads it
//! from here; what the values of an argument stand for is in the module `operands`.
//!
//! Numbers below 256 are real opcodes; those from 256 on are pseudo instructions, which exist
//! only between code generation and assembly.
//!
//! `cargo xtask check-instructions` compares every figure with a live CPython and its headers.

/// What the argument of an instruction stands for; a set of bits of [`Opcode::flags`].
pub mod arg {
    /// No argument (and no effect named in [`effect`](super::effect)).
    pub const NONE: u32 = 0;
    /// The instruction uses its argument.
    pub const ARG: u32 = 1;
    /// An index into the constants.
    pub const CONST: u32 = 2;
    /// An index into the names (for some instructions shifted by flag bits).
    pub const NAME: u32 = 4;
    /// A jump distance.
    pub const JUMP: u32 = 8;
    /// An index into the locals that must be a cell or free variable.
    pub const FREE: u32 = 16;
    /// An index into the locals.
    pub const LOCAL: u32 = 32;
    /// A pseudo instruction that starts an exception-handling block (no bit of CPython's).
    pub const EXC: u32 = 1 << 16;
}

/// What an instruction may do beside its work on the stack; a set of bits of [`Opcode::flags`].
pub mod effect {
    /// It polls for signals and other interruptions.
    pub const EVAL_BREAK: u32 = 1 << 6;
    /// It may fall back to its unspecialized form.
    pub const DEOPT: u32 = 1 << 7;
    /// It may raise after it has popped its operands.
    pub const ERROR: u32 = 1 << 8;
    /// It may run arbitrary code.
    pub const ESCAPES: u32 = 1 << 9;
    /// It may leave a trace of CPython's JIT.
    pub const EXIT: u32 = 1 << 10;
    /// It does nothing that can be observed but its work on the stack.
    pub const PURE: u32 = 1 << 11;
    /// Its operands go through unchanged.
    pub const PASSTHROUGH: u32 = 1 << 12;
    /// It looks at the lowest bit of its argument only.
    pub const OPARG_AND_1: u32 = 1 << 13;
    /// It may raise with its operands still on the stack.
    pub const ERROR_NO_POP: u32 = 1 << 14;
    /// It does not save the instruction pointer.
    pub const NO_SAVE_IP: u32 = 1 << 15;
}

mod bits {
    pub use super::arg::*;
    pub use super::effect::*;
}

macro_rules! instructions {
    (|$oparg:ident| $(
        $variant:ident = $number:literal, $name:literal, caches $caches:literal,
        pops $pops:expr, pushes $pushes:expr, $($flag:ident)|+;
    )*) => {
        /// An instruction of CPython 3.14, real or pseudo. The number is the opcode.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u16)]
        pub enum Opcode {
            $($variant = $number,)*
        }

        /// One more than the highest number.
        const COUNT: usize = Opcode::ALL[Opcode::ALL.len() - 1] as usize + 1;

        impl Opcode {
            /// Every instruction, by number.
            pub const ALL: &[Opcode] = &[$(Opcode::$variant,)*];

            /// CPython's name, as `dis` prints it.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Opcode::$variant => $name,)*
                }
            }

            /// How many 16-bit cache units follow the instruction in `co_code`.
            #[inline]
            pub const fn caches(self) -> usize {
                const CACHES: [u8; COUNT] = {
                    let mut table = [0; COUNT];
                    $(table[$number] = $caches;)*
                    table
                };
                CACHES[self as usize] as usize
            }

            /// [`caches`](Opcode::caches) of the instruction of a number; 0 when there is none.
            #[inline]
            pub const fn caches_of_number(number: u8) -> usize {
                const CACHES: [u8; 256] = {
                    let mut table = [0; 256];
                    $(if $number < 256 { table[$number as usize & 255] = $caches; })*
                    table
                };
                CACHES[number as usize] as usize
            }

            /// What the argument means and what may happen: bits of [`arg`] and [`effect`].
            #[inline]
            pub const fn flags(self) -> u32 {
                // A table, because a `match` of this size is not inlined.
                const FLAGS: [u32; COUNT] = {
                    let mut table = [0; COUNT];
                    $(table[$number] = $(bits::$flag)|+;)*
                    table
                };
                FLAGS[self as usize]
            }

            /// How many values the instruction takes from the stack, by its argument.
            pub const fn pops(self, arg: u32) -> u32 {
                #[allow(unused_variables)]
                let $oparg = arg as i32 as i64;
                let popped: i64 = match self {
                    $(Opcode::$variant => $pops,)*
                };
                popped as u32
            }

            /// How many values the instruction puts on the stack, by its argument.
            pub const fn pushes(self, arg: u32) -> u32 {
                #[allow(unused_variables)]
                let $oparg = arg as i32 as i64;
                let pushed: i64 = match self {
                    $(Opcode::$variant => $pushes,)*
                };
                pushed as u32
            }

            /// The instruction of a number, when there is one.
            pub const fn from_number(number: u16) -> Option<Opcode> {
                match number {
                    $($number => Some(Opcode::$variant),)*
                    _ => None,
                }
            }

            /// The instruction of a name of CPython's.
            pub fn from_name(name: &str) -> Option<Opcode> {
                match name {
                    $($name => Some(Opcode::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

instructions! {
    |oparg|
    Cache = 0, "CACHE", caches 0, pops 0, pushes 0, NONE;
    BinarySlice = 1, "BINARY_SLICE", caches 0, pops 3, pushes 1, ERROR | ESCAPES;
    BuildTemplate = 2, "BUILD_TEMPLATE", caches 0, pops 2, pushes 1, ERROR | ESCAPES;
    CallFunctionEx = 4, "CALL_FUNCTION_EX", caches 0, pops 4, pushes 1, EVAL_BREAK | ERROR | ESCAPES | ERROR_NO_POP;
    CheckEgMatch = 5, "CHECK_EG_MATCH", caches 0, pops 2, pushes 2, ERROR | ESCAPES;
    CheckExcMatch = 6, "CHECK_EXC_MATCH", caches 0, pops 2, pushes 2, ERROR | ESCAPES | ERROR_NO_POP;
    CleanupThrow = 7, "CLEANUP_THROW", caches 0, pops 3, pushes 2, ERROR | ESCAPES | ERROR_NO_POP;
    DeleteSubscr = 8, "DELETE_SUBSCR", caches 0, pops 2, pushes 0, ERROR | ESCAPES;
    EndFor = 9, "END_FOR", caches 0, pops 1, pushes 0, ESCAPES | NO_SAVE_IP;
    EndSend = 10, "END_SEND", caches 0, pops 2, pushes 1, ESCAPES | PURE;
    ExitInitCheck = 11, "EXIT_INIT_CHECK", caches 0, pops 1, pushes 0, ERROR | ESCAPES | ERROR_NO_POP;
    FormatSimple = 12, "FORMAT_SIMPLE", caches 0, pops 1, pushes 1, ERROR | ESCAPES;
    FormatWithSpec = 13, "FORMAT_WITH_SPEC", caches 0, pops 2, pushes 1, ERROR | ESCAPES;
    GetAiter = 14, "GET_AITER", caches 0, pops 1, pushes 1, ERROR | ESCAPES;
    GetAnext = 15, "GET_ANEXT", caches 0, pops 1, pushes 2, ERROR | ESCAPES | ERROR_NO_POP;
    GetIter = 16, "GET_ITER", caches 0, pops 1, pushes 1, ERROR | ESCAPES;
    Reserved = 17, "RESERVED", caches 0, pops 0, pushes 0, NONE;
    GetLen = 18, "GET_LEN", caches 0, pops 1, pushes 2, ERROR | ESCAPES;
    GetYieldFromIter = 19, "GET_YIELD_FROM_ITER", caches 0, pops 1, pushes 1, ERROR | ESCAPES | ERROR_NO_POP;
    InterpreterExit = 20, "INTERPRETER_EXIT", caches 0, pops 1, pushes 0, ESCAPES;
    LoadBuildClass = 21, "LOAD_BUILD_CLASS", caches 0, pops 0, pushes 1, ERROR | ESCAPES;
    LoadLocals = 22, "LOAD_LOCALS", caches 0, pops 0, pushes 1, ERROR | ESCAPES;
    MakeFunction = 23, "MAKE_FUNCTION", caches 0, pops 1, pushes 1, ERROR | ESCAPES;
    MatchKeys = 24, "MATCH_KEYS", caches 0, pops 2, pushes 3, ERROR | ESCAPES;
    MatchMapping = 25, "MATCH_MAPPING", caches 0, pops 1, pushes 2, NONE;
    MatchSequence = 26, "MATCH_SEQUENCE", caches 0, pops 1, pushes 2, NONE;
    Nop = 27, "NOP", caches 0, pops 0, pushes 0, PURE;
    NotTaken = 28, "NOT_TAKEN", caches 0, pops 0, pushes 0, PURE;
    PopExcept = 29, "POP_EXCEPT", caches 0, pops 1, pushes 0, ESCAPES;
    PopIter = 30, "POP_ITER", caches 0, pops 1, pushes 0, ESCAPES | PURE;
    PopTop = 31, "POP_TOP", caches 0, pops 1, pushes 0, ESCAPES | PURE;
    PushExcInfo = 32, "PUSH_EXC_INFO", caches 0, pops 1, pushes 2, NONE;
    PushNull = 33, "PUSH_NULL", caches 0, pops 0, pushes 1, PURE;
    ReturnGenerator = 34, "RETURN_GENERATOR", caches 0, pops 0, pushes 1, ERROR | ESCAPES;
    ReturnValue = 35, "RETURN_VALUE", caches 0, pops 1, pushes 1, ESCAPES;
    SetupAnnotations = 36, "SETUP_ANNOTATIONS", caches 0, pops 0, pushes 0, ERROR | ESCAPES;
    StoreSlice = 37, "STORE_SLICE", caches 0, pops 4, pushes 0, ERROR | ESCAPES;
    StoreSubscr = 38, "STORE_SUBSCR", caches 1, pops 3, pushes 0, ERROR | ESCAPES;
    ToBool = 39, "TO_BOOL", caches 3, pops 1, pushes 1, ERROR | ESCAPES;
    UnaryInvert = 40, "UNARY_INVERT", caches 0, pops 1, pushes 1, ERROR | ESCAPES;
    UnaryNegative = 41, "UNARY_NEGATIVE", caches 0, pops 1, pushes 1, ERROR | ESCAPES;
    UnaryNot = 42, "UNARY_NOT", caches 0, pops 1, pushes 1, PURE;
    WithExceptStart = 43, "WITH_EXCEPT_START", caches 0, pops 5, pushes 6, ERROR | ESCAPES;
    BinaryOp = 44, "BINARY_OP", caches 5, pops 2, pushes 1, ARG | ERROR | ESCAPES | ERROR_NO_POP;
    BuildInterpolation = 45, "BUILD_INTERPOLATION", caches 0, pops 2 + (oparg & 1), pushes 1, ARG | ERROR | ESCAPES;
    BuildList = 46, "BUILD_LIST", caches 0, pops oparg, pushes 1, ARG | ERROR | ESCAPES | ERROR_NO_POP;
    BuildMap = 47, "BUILD_MAP", caches 0, pops 2 * oparg, pushes 1, ARG | ERROR | ESCAPES;
    BuildSet = 48, "BUILD_SET", caches 0, pops oparg, pushes 1, ARG | ERROR | ESCAPES;
    BuildSlice = 49, "BUILD_SLICE", caches 0, pops oparg, pushes 1, ARG | ERROR;
    BuildString = 50, "BUILD_STRING", caches 0, pops oparg, pushes 1, ARG | ERROR;
    BuildTuple = 51, "BUILD_TUPLE", caches 0, pops oparg, pushes 1, ARG | ERROR | ERROR_NO_POP;
    Call = 52, "CALL", caches 3, pops 2 + oparg, pushes 1, ARG | EVAL_BREAK | ERROR | ESCAPES | ERROR_NO_POP;
    CallIntrinsic1 = 53, "CALL_INTRINSIC_1", caches 0, pops 1, pushes 1, ARG | ERROR | ESCAPES;
    CallIntrinsic2 = 54, "CALL_INTRINSIC_2", caches 0, pops 2, pushes 1, ARG | ERROR | ESCAPES;
    CallKw = 55, "CALL_KW", caches 3, pops 3 + oparg, pushes 1, ARG | ERROR | ESCAPES | ERROR_NO_POP;
    CompareOp = 56, "COMPARE_OP", caches 1, pops 2, pushes 1, ARG | ERROR | ESCAPES;
    ContainsOp = 57, "CONTAINS_OP", caches 1, pops 2, pushes 1, ARG | ERROR | ESCAPES;
    ConvertValue = 58, "CONVERT_VALUE", caches 0, pops 1, pushes 1, ARG | ERROR | ESCAPES;
    Copy = 59, "COPY", caches 0, pops oparg, pushes 1 + oparg, ARG | PURE;
    CopyFreeVars = 60, "COPY_FREE_VARS", caches 0, pops 0, pushes 0, ARG;
    DeleteAttr = 61, "DELETE_ATTR", caches 0, pops 1, pushes 0, ARG | NAME | ERROR | ESCAPES;
    DeleteDeref = 62, "DELETE_DEREF", caches 0, pops 0, pushes 0, ARG | FREE | ERROR | ESCAPES | ERROR_NO_POP;
    DeleteFast = 63, "DELETE_FAST", caches 0, pops 0, pushes 0, ARG | LOCAL | ERROR | ESCAPES;
    DeleteGlobal = 64, "DELETE_GLOBAL", caches 0, pops 0, pushes 0, ARG | NAME | ERROR | ESCAPES | ERROR_NO_POP;
    DeleteName = 65, "DELETE_NAME", caches 0, pops 0, pushes 0, ARG | NAME | ERROR | ESCAPES | ERROR_NO_POP;
    DictMerge = 66, "DICT_MERGE", caches 0, pops 4 + oparg, pushes 3 + oparg, ARG | ERROR | ESCAPES;
    DictUpdate = 67, "DICT_UPDATE", caches 0, pops 1 + oparg, pushes oparg, ARG | ERROR | ESCAPES;
    EndAsyncFor = 68, "END_ASYNC_FOR", caches 0, pops 2, pushes 0, ARG | JUMP | ERROR | ESCAPES | ERROR_NO_POP;
    ExtendedArg = 69, "EXTENDED_ARG", caches 0, pops 0, pushes 0, ARG;
    ForIter = 70, "FOR_ITER", caches 1, pops 1, pushes 2, ARG | JUMP | ERROR | ESCAPES | ERROR_NO_POP;
    GetAwaitable = 71, "GET_AWAITABLE", caches 0, pops 1, pushes 1, ARG | ERROR | ESCAPES;
    ImportFrom = 72, "IMPORT_FROM", caches 0, pops 1, pushes 2, ARG | NAME | ERROR | ESCAPES;
    ImportName = 73, "IMPORT_NAME", caches 0, pops 2, pushes 1, ARG | NAME | ERROR | ESCAPES;
    IsOp = 74, "IS_OP", caches 0, pops 2, pushes 1, ARG;
    JumpBackward = 75, "JUMP_BACKWARD", caches 1, pops 0, pushes 0, ARG | JUMP | EVAL_BREAK | ERROR | ESCAPES;
    JumpBackwardNoInterrupt = 76, "JUMP_BACKWARD_NO_INTERRUPT", caches 0, pops 0, pushes 0, ARG | JUMP;
    JumpForward = 77, "JUMP_FORWARD", caches 0, pops 0, pushes 0, ARG | JUMP;
    ListAppend = 78, "LIST_APPEND", caches 0, pops 1 + oparg, pushes oparg, ARG | ERROR;
    ListExtend = 79, "LIST_EXTEND", caches 0, pops 1 + oparg, pushes oparg, ARG | ERROR | ESCAPES;
    LoadAttr = 80, "LOAD_ATTR", caches 9, pops 1, pushes 1 + (oparg & 1), ARG | NAME | ERROR | ESCAPES;
    LoadCommonConstant = 81, "LOAD_COMMON_CONSTANT", caches 0, pops 0, pushes 1, ARG;
    LoadConst = 82, "LOAD_CONST", caches 0, pops 0, pushes 1, ARG | CONST;
    LoadDeref = 83, "LOAD_DEREF", caches 0, pops 0, pushes 1, ARG | LOCAL | ERROR | ESCAPES;
    LoadFast = 84, "LOAD_FAST", caches 0, pops 0, pushes 1, ARG | LOCAL | PURE;
    LoadFastAndClear = 85, "LOAD_FAST_AND_CLEAR", caches 0, pops 0, pushes 1, ARG | LOCAL;
    LoadFastBorrow = 86, "LOAD_FAST_BORROW", caches 0, pops 0, pushes 1, ARG | LOCAL | PURE;
    LoadFastBorrowLoadFastBorrow = 87, "LOAD_FAST_BORROW_LOAD_FAST_BORROW", caches 0, pops 0, pushes 2, ARG | LOCAL;
    LoadFastCheck = 88, "LOAD_FAST_CHECK", caches 0, pops 0, pushes 1, ARG | LOCAL | ERROR | ESCAPES;
    LoadFastLoadFast = 89, "LOAD_FAST_LOAD_FAST", caches 0, pops 0, pushes 2, ARG | LOCAL;
    LoadFromDictOrDeref = 90, "LOAD_FROM_DICT_OR_DEREF", caches 0, pops 1, pushes 1, ARG | FREE | ERROR | ESCAPES | ERROR_NO_POP;
    LoadFromDictOrGlobals = 91, "LOAD_FROM_DICT_OR_GLOBALS", caches 0, pops 1, pushes 1, ARG | NAME | ERROR | ESCAPES | ERROR_NO_POP;
    LoadGlobal = 92, "LOAD_GLOBAL", caches 4, pops 0, pushes 1 + (oparg & 1), ARG | NAME | ERROR | ESCAPES;
    LoadName = 93, "LOAD_NAME", caches 0, pops 0, pushes 1, ARG | NAME | ERROR | ESCAPES;
    LoadSmallInt = 94, "LOAD_SMALL_INT", caches 0, pops 0, pushes 1, ARG;
    LoadSpecial = 95, "LOAD_SPECIAL", caches 0, pops 1, pushes 2, ARG | ERROR | ESCAPES | ERROR_NO_POP;
    LoadSuperAttr = 96, "LOAD_SUPER_ATTR", caches 1, pops 3, pushes 1 + (oparg & 1), ARG | NAME | ERROR | ESCAPES;
    MakeCell = 97, "MAKE_CELL", caches 0, pops 0, pushes 0, ARG | FREE | ERROR | ESCAPES | ERROR_NO_POP;
    MapAdd = 98, "MAP_ADD", caches 0, pops 2 + oparg, pushes oparg, ARG | ERROR | ESCAPES;
    MatchClass = 99, "MATCH_CLASS", caches 0, pops 3, pushes 1, ARG | ERROR | ESCAPES;
    PopJumpIfFalse = 100, "POP_JUMP_IF_FALSE", caches 1, pops 1, pushes 0, ARG | JUMP;
    PopJumpIfNone = 101, "POP_JUMP_IF_NONE", caches 1, pops 1, pushes 0, ARG | JUMP;
    PopJumpIfNotNone = 102, "POP_JUMP_IF_NOT_NONE", caches 1, pops 1, pushes 0, ARG | JUMP;
    PopJumpIfTrue = 103, "POP_JUMP_IF_TRUE", caches 1, pops 1, pushes 0, ARG | JUMP;
    RaiseVarargs = 104, "RAISE_VARARGS", caches 0, pops oparg, pushes 0, ARG | ERROR | ESCAPES | ERROR_NO_POP;
    Reraise = 105, "RERAISE", caches 0, pops 1 + oparg, pushes oparg, ARG | ERROR | ESCAPES | ERROR_NO_POP;
    Send = 106, "SEND", caches 1, pops 2, pushes 2, ARG | JUMP | ERROR | ESCAPES;
    SetAdd = 107, "SET_ADD", caches 0, pops 1 + oparg, pushes oparg, ARG | ERROR | ESCAPES;
    SetFunctionAttribute = 108, "SET_FUNCTION_ATTRIBUTE", caches 0, pops 2, pushes 1, ARG | ERROR | ESCAPES;
    SetUpdate = 109, "SET_UPDATE", caches 0, pops 1 + oparg, pushes oparg, ARG | ERROR | ESCAPES;
    StoreAttr = 110, "STORE_ATTR", caches 4, pops 2, pushes 0, ARG | NAME | ERROR | ESCAPES;
    StoreDeref = 111, "STORE_DEREF", caches 0, pops 1, pushes 0, ARG | FREE | ESCAPES;
    StoreFast = 112, "STORE_FAST", caches 0, pops 1, pushes 0, ARG | LOCAL | ESCAPES;
    StoreFastLoadFast = 113, "STORE_FAST_LOAD_FAST", caches 0, pops 1, pushes 1, ARG | LOCAL | ESCAPES;
    StoreFastStoreFast = 114, "STORE_FAST_STORE_FAST", caches 0, pops 2, pushes 0, ARG | LOCAL | ESCAPES;
    StoreGlobal = 115, "STORE_GLOBAL", caches 0, pops 1, pushes 0, ARG | NAME | ERROR | ESCAPES;
    StoreName = 116, "STORE_NAME", caches 0, pops 1, pushes 0, ARG | NAME | ERROR | ESCAPES;
    Swap = 117, "SWAP", caches 0, pops oparg, pushes oparg, ARG | PURE;
    UnpackEx = 118, "UNPACK_EX", caches 0, pops 1, pushes 1 + (oparg & 0xFF) + (oparg >> 8), ARG | ERROR | ESCAPES;
    UnpackSequence = 119, "UNPACK_SEQUENCE", caches 1, pops 1, pushes oparg, ARG | ERROR | ESCAPES;
    YieldValue = 120, "YIELD_VALUE", caches 0, pops 1, pushes 1, ARG | ESCAPES;
    Resume = 128, "RESUME", caches 0, pops 0, pushes 0, ARG | EVAL_BREAK | ERROR | ESCAPES | ERROR_NO_POP;
    InstrumentedEndFor = 234, "INSTRUMENTED_END_FOR", caches 0, pops 2, pushes 1, ERROR | ESCAPES | ERROR_NO_POP | NO_SAVE_IP;
    InstrumentedPopIter = 235, "INSTRUMENTED_POP_ITER", caches 0, pops 1, pushes 0, ESCAPES;
    InstrumentedEndSend = 236, "INSTRUMENTED_END_SEND", caches 0, pops 2, pushes 1, ERROR | ESCAPES | ERROR_NO_POP;
    InstrumentedForIter = 237, "INSTRUMENTED_FOR_ITER", caches 0, pops 1, pushes 2, ARG | JUMP | ERROR | ESCAPES | ERROR_NO_POP;
    InstrumentedInstruction = 238, "INSTRUMENTED_INSTRUCTION", caches 0, pops 0, pushes 0, ERROR | ESCAPES;
    InstrumentedJumpForward = 239, "INSTRUMENTED_JUMP_FORWARD", caches 0, pops 0, pushes 0, ARG;
    InstrumentedNotTaken = 240, "INSTRUMENTED_NOT_TAKEN", caches 0, pops 0, pushes 0, NONE;
    InstrumentedPopJumpIfTrue = 241, "INSTRUMENTED_POP_JUMP_IF_TRUE", caches 0, pops 1, pushes 0, ARG;
    InstrumentedPopJumpIfFalse = 242, "INSTRUMENTED_POP_JUMP_IF_FALSE", caches 0, pops 1, pushes 0, ARG;
    InstrumentedPopJumpIfNone = 243, "INSTRUMENTED_POP_JUMP_IF_NONE", caches 0, pops 1, pushes 0, ARG | ESCAPES;
    InstrumentedPopJumpIfNotNone = 244, "INSTRUMENTED_POP_JUMP_IF_NOT_NONE", caches 0, pops 1, pushes 0, ARG | ESCAPES;
    InstrumentedResume = 245, "INSTRUMENTED_RESUME", caches 0, pops 0, pushes 0, ARG | EVAL_BREAK | ERROR | ESCAPES | ERROR_NO_POP;
    InstrumentedReturnValue = 246, "INSTRUMENTED_RETURN_VALUE", caches 0, pops 1, pushes 1, ERROR | ESCAPES;
    InstrumentedYieldValue = 247, "INSTRUMENTED_YIELD_VALUE", caches 0, pops 1, pushes 1, ARG | ERROR | ESCAPES | ERROR_NO_POP;
    InstrumentedEndAsyncFor = 248, "INSTRUMENTED_END_ASYNC_FOR", caches 0, pops 2, pushes 0, ARG | JUMP | ERROR | ESCAPES | ERROR_NO_POP;
    InstrumentedLoadSuperAttr = 249, "INSTRUMENTED_LOAD_SUPER_ATTR", caches 0, pops 3, pushes 1 + (oparg & 1), ARG | NAME | ERROR | ESCAPES;
    InstrumentedCall = 250, "INSTRUMENTED_CALL", caches 0, pops 2 + oparg, pushes 1, ARG | EVAL_BREAK | ERROR | ESCAPES | ERROR_NO_POP;
    InstrumentedCallKw = 251, "INSTRUMENTED_CALL_KW", caches 0, pops 3 + oparg, pushes 1, ARG | ERROR | ESCAPES | ERROR_NO_POP;
    InstrumentedCallFunctionEx = 252, "INSTRUMENTED_CALL_FUNCTION_EX", caches 0, pops 4, pushes 1, EVAL_BREAK | ERROR | ESCAPES | ERROR_NO_POP;
    InstrumentedJumpBackward = 253, "INSTRUMENTED_JUMP_BACKWARD", caches 0, pops 0, pushes 0, ARG | EVAL_BREAK | ERROR | ESCAPES;
    InstrumentedLine = 254, "INSTRUMENTED_LINE", caches 0, pops 0, pushes 0, ESCAPES;
    EnterExecutor = 255, "ENTER_EXECUTOR", caches 0, pops 0, pushes 0, ARG;
    AnnotationsPlaceholder = 256, "ANNOTATIONS_PLACEHOLDER", caches 0, pops 0, pushes 0, PURE;
    Jump = 257, "JUMP", caches 0, pops 0, pushes 0, ARG | JUMP | EVAL_BREAK | ERROR | ESCAPES;
    JumpIfFalse = 258, "JUMP_IF_FALSE", caches 0, pops 1, pushes 1, ARG | JUMP | ERROR | ESCAPES;
    JumpIfTrue = 259, "JUMP_IF_TRUE", caches 0, pops 1, pushes 1, ARG | JUMP | ERROR | ESCAPES;
    JumpNoInterrupt = 260, "JUMP_NO_INTERRUPT", caches 0, pops 0, pushes 0, ARG | JUMP;
    LoadClosure = 261, "LOAD_CLOSURE", caches 0, pops 0, pushes 1, ARG | LOCAL | PURE;
    PopBlock = 262, "POP_BLOCK", caches 0, pops 0, pushes 0, PURE;
    SetupCleanup = 263, "SETUP_CLEANUP", caches 0, pops 0, pushes 2, ARG | EXC | PURE;
    SetupFinally = 264, "SETUP_FINALLY", caches 0, pops 0, pushes 1, ARG | EXC | PURE;
    SetupWith = 265, "SETUP_WITH", caches 0, pops 0, pushes 1, ARG | EXC | PURE;
    StoreFastMaybeNull = 266, "STORE_FAST_MAYBE_NULL", caches 0, pops 1, pushes 0, ARG | LOCAL | ESCAPES;
}

impl std::fmt::Debug for Opcode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// Classes of instructions, named as in CPython's flow graph.
impl Opcode {
    /// The highest number of an instruction that can stand in `co_code`.
    pub const MAX_REAL: u16 = 255;

    /// The number, as it stands in `co_code` when the instruction is real.
    #[inline]
    pub const fn number(self) -> u16 {
        self as u16
    }

    #[inline]
    const fn has(self, bits: u32) -> bool {
        self.flags() & bits != 0
    }

    #[inline]
    pub const fn has_arg(self) -> bool {
        self.has(arg::ARG)
    }

    #[inline]
    pub const fn has_const(self) -> bool {
        self.has(arg::CONST)
    }

    #[inline]
    pub const fn has_name(self) -> bool {
        self.has(arg::NAME)
    }

    #[inline]
    pub const fn has_jump(self) -> bool {
        self.has(arg::JUMP)
    }

    #[inline]
    pub const fn has_free(self) -> bool {
        self.has(arg::FREE)
    }

    #[inline]
    pub const fn has_local(self) -> bool {
        self.has(arg::LOCAL)
    }

    /// Whether the instruction may raise.
    pub const fn may_raise(self) -> bool {
        self.has(effect::ERROR | effect::ERROR_NO_POP)
    }

    /// Exists only between code generation and assembly.
    #[inline]
    pub const fn is_pseudo(self) -> bool {
        self.number() > Self::MAX_REAL
    }

    /// Opens an exception-handling block (`SETUP_FINALLY`, `SETUP_CLEANUP`, `SETUP_WITH`).
    #[inline]
    pub const fn is_block_push(self) -> bool {
        self.has(arg::EXC)
    }

    /// The argument names another block.
    #[inline]
    pub const fn has_target(self) -> bool {
        self.has(arg::JUMP | arg::EXC)
    }

    /// Must be the last of its basic block.
    #[inline]
    pub const fn is_terminator(self) -> bool {
        self.has_jump() || self.is_scope_exit()
    }

    /// Leaves the code object: returns or raises.
    #[inline]
    pub const fn is_scope_exit(self) -> bool {
        matches!(self, Opcode::ReturnValue | Opcode::RaiseVarargs | Opcode::Reraise)
    }

    /// Made by the assembler only, never by code generation.
    pub const fn is_assembler(self) -> bool {
        matches!(self, Opcode::JumpForward | Opcode::JumpBackward | Opcode::JumpBackwardNoInterrupt)
    }

    /// A jump whose distance counts backwards, as the assembler sees it.
    pub const fn is_backward_jump(self) -> bool {
        matches!(self, Opcode::JumpBackward | Opcode::JumpBackwardNoInterrupt)
    }

    #[inline]
    pub const fn is_unconditional_jump(self) -> bool {
        matches!(
            self,
            Opcode::Jump
                | Opcode::JumpNoInterrupt
                | Opcode::JumpForward
                | Opcode::JumpBackward
                | Opcode::JumpBackwardNoInterrupt
        )
    }

    #[inline]
    pub const fn is_conditional_jump(self) -> bool {
        matches!(
            self,
            Opcode::PopJumpIfFalse | Opcode::PopJumpIfTrue | Opcode::PopJumpIfNone | Opcode::PopJumpIfNotNone
        )
    }

    /// What a pseudo instruction becomes: one of the instructions listed, or, when
    /// [`pseudo_is_sequence`](Self::pseudo_is_sequence), all of them in order. Empty for a real one.
    pub const fn pseudo_targets(self) -> &'static [Opcode] {
        use Opcode::*;
        match self {
            LoadClosure => &[LoadFast],
            StoreFastMaybeNull => &[StoreFast],
            AnnotationsPlaceholder | SetupFinally | SetupCleanup | SetupWith | PopBlock => &[Nop],
            Jump => &[JumpForward, JumpBackward],
            JumpNoInterrupt => &[JumpForward, JumpBackwardNoInterrupt],
            JumpIfFalse => &[Copy, ToBool, PopJumpIfFalse],
            JumpIfTrue => &[Copy, ToBool, PopJumpIfTrue],
            _ => &[],
        }
    }

    /// Whether a pseudo instruction stands for a sequence rather than for one of several.
    pub const fn pseudo_is_sequence(self) -> bool {
        matches!(self, Opcode::JumpIfFalse | Opcode::JumpIfTrue)
    }

    /// The plain instruction under an instrumented one (`sys.monitoring`); others are themselves.
    /// `INSTRUMENTED_LINE` and `INSTRUMENTED_INSTRUCTION` stand for any instruction: what they
    /// replaced is kept elsewhere, and they are returned as they are.
    pub const fn uninstrumented(self) -> Opcode {
        use Opcode::*;
        match self {
            InstrumentedEndFor => EndFor,
            InstrumentedPopIter => PopIter,
            InstrumentedEndSend => EndSend,
            InstrumentedForIter => ForIter,
            InstrumentedJumpForward => JumpForward,
            InstrumentedNotTaken => NotTaken,
            InstrumentedPopJumpIfTrue => PopJumpIfTrue,
            InstrumentedPopJumpIfFalse => PopJumpIfFalse,
            InstrumentedPopJumpIfNone => PopJumpIfNone,
            InstrumentedPopJumpIfNotNone => PopJumpIfNotNone,
            InstrumentedResume => Resume,
            InstrumentedReturnValue => ReturnValue,
            InstrumentedYieldValue => YieldValue,
            InstrumentedEndAsyncFor => EndAsyncFor,
            InstrumentedLoadSuperAttr => LoadSuperAttr,
            InstrumentedCall => Call,
            InstrumentedCallKw => CallKw,
            InstrumentedCallFunctionEx => CallFunctionEx,
            InstrumentedJumpBackward => JumpBackward,
            other => other,
        }
    }

    /// The instrumented form, when there is one.
    pub fn instrumented(self) -> Option<Opcode> {
        // Only asked when tools are switched on: a walk over two dozen entries will do.
        Opcode::ALL.iter().copied().find(|op| *op != self && op.uninstrumented() == self)
    }
}

/// How much deeper the stack is after the instruction: `dis.stack_effect`. `jump` says whether the
/// jump is taken; it matters only to the pseudo instructions that open a block, which push for
/// their handler alone, and without it the greater effect counts. `None` when there is no such
/// effect (an argument so large that CPython's `int` overflows).
pub const fn stack_effect(opcode: Opcode, arg: u32, jump: Option<bool>) -> Option<i32> {
    let (popped, pushed) = (opcode.pops(arg) as i32, opcode.pushes(arg) as i32);
    if popped < 0 || pushed < 0 {
        return None;
    }
    if opcode.is_block_push() && matches!(jump, Some(false)) {
        return Some(0);
    }
    Some(pushed - popped)
}

/// An instruction into which CPython turns another while it runs. Never in `co_code` or a file;
/// Kaa's interpreter has forms of its own. They are here for `opcode`, `dis` and `_opcode`.
#[derive(Clone, Copy, Debug)]
pub struct Specialized {
    pub number: u8,
    pub name: &'static str,
    /// What it is a form of.
    pub base: Opcode,
    /// Bits of [`arg`] and [`effect`].
    pub flags: u32,
}

macro_rules! specialized {
    ($($number:literal, $name:literal, $base:ident, $($flag:ident)|+;)*) => {
        /// CPython's specialized instructions, by number.
        pub const SPECIALIZED: &[Specialized] = &[
            $(Specialized { number: $number, name: $name, base: Opcode::$base, flags: $(bits::$flag)|+ },)*
        ];
    };
}

specialized! {
    3, "BINARY_OP_INPLACE_ADD_UNICODE", BinaryOp, LOCAL | DEOPT | ERROR | ESCAPES | EXIT;
    129, "BINARY_OP_ADD_FLOAT", BinaryOp, ERROR | EXIT;
    130, "BINARY_OP_ADD_INT", BinaryOp, ERROR | ESCAPES | EXIT;
    131, "BINARY_OP_ADD_UNICODE", BinaryOp, ERROR | EXIT;
    132, "BINARY_OP_EXTEND", BinaryOp, DEOPT | ERROR | ESCAPES;
    133, "BINARY_OP_MULTIPLY_FLOAT", BinaryOp, ERROR | EXIT;
    134, "BINARY_OP_MULTIPLY_INT", BinaryOp, ERROR | ESCAPES | EXIT;
    135, "BINARY_OP_SUBSCR_DICT", BinaryOp, ERROR | ESCAPES | EXIT;
    136, "BINARY_OP_SUBSCR_GETITEM", BinaryOp, DEOPT;
    137, "BINARY_OP_SUBSCR_LIST_INT", BinaryOp, DEOPT | ESCAPES | EXIT;
    138, "BINARY_OP_SUBSCR_LIST_SLICE", BinaryOp, ERROR | ESCAPES | EXIT;
    139, "BINARY_OP_SUBSCR_STR_INT", BinaryOp, DEOPT | ESCAPES | EXIT;
    140, "BINARY_OP_SUBSCR_TUPLE_INT", BinaryOp, DEOPT | EXIT;
    141, "BINARY_OP_SUBTRACT_FLOAT", BinaryOp, ERROR | EXIT;
    142, "BINARY_OP_SUBTRACT_INT", BinaryOp, ERROR | ESCAPES | EXIT;
    143, "CALL_ALLOC_AND_ENTER_INIT", Call, ARG | DEOPT | ERROR | ESCAPES | ERROR_NO_POP;
    144, "CALL_BOUND_METHOD_EXACT_ARGS", Call, ARG | DEOPT | ESCAPES | EXIT;
    145, "CALL_BOUND_METHOD_GENERAL", Call, ARG | DEOPT | ERROR | ESCAPES | EXIT | ERROR_NO_POP;
    146, "CALL_BUILTIN_CLASS", Call, ARG | EVAL_BREAK | DEOPT | ERROR | ESCAPES;
    147, "CALL_BUILTIN_FAST", Call, ARG | EVAL_BREAK | DEOPT | ERROR | ESCAPES;
    148, "CALL_BUILTIN_FAST_WITH_KEYWORDS", Call, ARG | EVAL_BREAK | DEOPT | ERROR | ESCAPES;
    149, "CALL_BUILTIN_O", Call, ARG | EVAL_BREAK | ERROR | ESCAPES | EXIT;
    150, "CALL_ISINSTANCE", Call, ARG | DEOPT | ERROR | ESCAPES | ERROR_NO_POP;
    151, "CALL_KW_BOUND_METHOD", CallKw, ARG | DEOPT | ERROR | ESCAPES | EXIT;
    152, "CALL_KW_NON_PY", CallKw, ARG | EVAL_BREAK | ERROR | ESCAPES | EXIT;
    153, "CALL_KW_PY", CallKw, ARG | DEOPT | ERROR | ESCAPES | EXIT;
    154, "CALL_LEN", Call, DEOPT | ERROR | ESCAPES | ERROR_NO_POP;
    155, "CALL_LIST_APPEND", Call, ARG | DEOPT | ERROR | ESCAPES;
    156, "CALL_METHOD_DESCRIPTOR_FAST", Call, ARG | EVAL_BREAK | ERROR | ESCAPES | EXIT;
    157, "CALL_METHOD_DESCRIPTOR_FAST_WITH_KEYWORDS", Call, ARG | EVAL_BREAK | ERROR | ESCAPES | EXIT;
    158, "CALL_METHOD_DESCRIPTOR_NOARGS", Call, ARG | EVAL_BREAK | ERROR | ESCAPES | EXIT;
    159, "CALL_METHOD_DESCRIPTOR_O", Call, ARG | EVAL_BREAK | ERROR | ESCAPES | EXIT;
    160, "CALL_NON_PY_GENERAL", Call, ARG | EVAL_BREAK | ERROR | ESCAPES | EXIT;
    161, "CALL_PY_EXACT_ARGS", Call, ARG | DEOPT | EXIT;
    162, "CALL_PY_GENERAL", Call, ARG | DEOPT | ERROR | ESCAPES | EXIT | ERROR_NO_POP;
    163, "CALL_STR_1", Call, ARG | EVAL_BREAK | DEOPT | ERROR | ESCAPES;
    164, "CALL_TUPLE_1", Call, ARG | EVAL_BREAK | DEOPT | ERROR | ESCAPES;
    165, "CALL_TYPE_1", Call, ARG | DEOPT | ESCAPES;
    166, "COMPARE_OP_FLOAT", CompareOp, ARG | EXIT;
    167, "COMPARE_OP_INT", CompareOp, ARG | DEOPT | EXIT;
    168, "COMPARE_OP_STR", CompareOp, ARG | EXIT;
    169, "CONTAINS_OP_DICT", ContainsOp, ARG | ERROR | ESCAPES | EXIT;
    170, "CONTAINS_OP_SET", ContainsOp, ARG | DEOPT | ERROR | ESCAPES;
    171, "FOR_ITER_GEN", ForIter, ARG | DEOPT;
    172, "FOR_ITER_LIST", ForIter, ARG | JUMP | DEOPT | ESCAPES | EXIT;
    173, "FOR_ITER_RANGE", ForIter, ARG | JUMP | ERROR | EXIT;
    174, "FOR_ITER_TUPLE", ForIter, ARG | JUMP | ESCAPES | EXIT;
    175, "JUMP_BACKWARD_JIT", JumpBackward, ARG | JUMP | EVAL_BREAK | ERROR | ESCAPES;
    176, "JUMP_BACKWARD_NO_JIT", JumpBackward, ARG | JUMP | EVAL_BREAK | ERROR | ESCAPES;
    177, "LOAD_ATTR_CLASS", LoadAttr, ARG | EXIT;
    178, "LOAD_ATTR_CLASS_WITH_METACLASS_CHECK", LoadAttr, ARG | EXIT;
    179, "LOAD_ATTR_GETATTRIBUTE_OVERRIDDEN", LoadAttr, ARG | NAME | DEOPT;
    180, "LOAD_ATTR_INSTANCE_VALUE", LoadAttr, ARG | DEOPT | ESCAPES | EXIT;
    181, "LOAD_ATTR_METHOD_LAZY_DICT", LoadAttr, ARG | DEOPT | EXIT;
    182, "LOAD_ATTR_METHOD_NO_DICT", LoadAttr, ARG | EXIT;
    183, "LOAD_ATTR_METHOD_WITH_VALUES", LoadAttr, ARG | DEOPT | EXIT;
    184, "LOAD_ATTR_MODULE", LoadAttr, ARG | DEOPT | ESCAPES;
    185, "LOAD_ATTR_NONDESCRIPTOR_NO_DICT", LoadAttr, ARG | ESCAPES | EXIT;
    186, "LOAD_ATTR_NONDESCRIPTOR_WITH_VALUES", LoadAttr, ARG | DEOPT | ESCAPES | EXIT;
    187, "LOAD_ATTR_PROPERTY", LoadAttr, ARG | DEOPT | EXIT;
    188, "LOAD_ATTR_SLOT", LoadAttr, ARG | DEOPT | EXIT;
    189, "LOAD_ATTR_WITH_HINT", LoadAttr, ARG | NAME | DEOPT | ESCAPES | EXIT;
    190, "LOAD_CONST_IMMORTAL", LoadConst, ARG | CONST;
    191, "LOAD_CONST_MORTAL", LoadConst, ARG | CONST;
    192, "LOAD_GLOBAL_BUILTIN", LoadGlobal, ARG | DEOPT;
    193, "LOAD_GLOBAL_MODULE", LoadGlobal, ARG | DEOPT;
    194, "LOAD_SUPER_ATTR_ATTR", LoadSuperAttr, ARG | NAME | DEOPT | ERROR | ESCAPES;
    195, "LOAD_SUPER_ATTR_METHOD", LoadSuperAttr, ARG | NAME | DEOPT | ERROR | ESCAPES | ERROR_NO_POP;
    196, "RESUME_CHECK", Resume, DEOPT;
    197, "SEND_GEN", Send, ARG | DEOPT;
    198, "STORE_ATTR_INSTANCE_VALUE", StoreAttr, ESCAPES | EXIT;
    199, "STORE_ATTR_SLOT", StoreAttr, DEOPT | ESCAPES | EXIT;
    200, "STORE_ATTR_WITH_HINT", StoreAttr, ARG | NAME | DEOPT | ESCAPES | EXIT;
    201, "STORE_SUBSCR_DICT", StoreSubscr, ERROR | ESCAPES | EXIT;
    202, "STORE_SUBSCR_LIST_INT", StoreSubscr, DEOPT | ESCAPES | EXIT;
    203, "TO_BOOL_ALWAYS_TRUE", ToBool, ESCAPES | EXIT;
    204, "TO_BOOL_BOOL", ToBool, EXIT;
    205, "TO_BOOL_INT", ToBool, ESCAPES | EXIT;
    206, "TO_BOOL_LIST", ToBool, EXIT;
    207, "TO_BOOL_NONE", ToBool, EXIT;
    208, "TO_BOOL_STR", ToBool, ESCAPES | EXIT;
    209, "UNPACK_SEQUENCE_LIST", UnpackSequence, ARG | DEOPT | EXIT;
    210, "UNPACK_SEQUENCE_TUPLE", UnpackSequence, ARG | DEOPT | EXIT;
    211, "UNPACK_SEQUENCE_TWO_TUPLE", UnpackSequence, ARG | DEOPT | ESCAPES | EXIT;
}

#[cfg(test)]
mod tests;
