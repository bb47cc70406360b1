//! The instructions of CPython 3.14: the one place that says which there are, their numbers, how
//! many cache units follow each, and what their argument means. Everything else that knows an
//! instruction (compiler, disassembler, interpreter) reads it from here.
//!
//! Numbers below 256 are real opcodes; those from 256 on are pseudo instructions, which exist
//! only between code generation and assembly.

/// What the argument of an instruction stands for; a set of bits.
pub mod arg {
    /// No argument.
    pub const NONE: u8 = 0;
    /// The instruction uses its argument.
    pub const ARG: u8 = 1;
    /// An index into the constants.
    pub const CONST: u8 = 2;
    /// An index into the names (for some instructions shifted by flag bits).
    pub const NAME: u8 = 4;
    /// A jump distance.
    pub const JUMP: u8 = 8;
    /// An index into the locals that must be a cell or free variable.
    pub const FREE: u8 = 16;
    /// An index into the locals.
    pub const LOCAL: u8 = 32;
    /// A pseudo instruction that starts an exception-handling block.
    pub const EXC: u8 = 64;
}

macro_rules! instructions {
    ($($variant:ident = $number:literal, $name:literal, caches $caches:literal, $($flag:ident)|+;)*) => {
        /// An instruction of CPython 3.14, real or pseudo. The number is the opcode.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u16)]

        pub enum Opcode {
            $($variant = $number,)*
        }

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
            pub const fn caches(self) -> usize {
                match self {
                    $(Opcode::$variant => $caches,)*
                }
            }

            /// What the argument means: bits of [`arg`].
            pub const fn flags(self) -> u8 {
                match self {
                    $(Opcode::$variant => $(arg::$flag)|+,)*
                }
            }

            /// The instruction of a number, when there is one.
            pub const fn from_number(number: u16) -> Option<Opcode> {
                match number {
                    $($number => Some(Opcode::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

instructions! {
    Cache = 0, "CACHE", caches 0, NONE;
    BinarySlice = 1, "BINARY_SLICE", caches 0, NONE;
    BuildTemplate = 2, "BUILD_TEMPLATE", caches 0, NONE;
    CallFunctionEx = 4, "CALL_FUNCTION_EX", caches 0, NONE;
    CheckEgMatch = 5, "CHECK_EG_MATCH", caches 0, NONE;
    CheckExcMatch = 6, "CHECK_EXC_MATCH", caches 0, NONE;
    CleanupThrow = 7, "CLEANUP_THROW", caches 0, NONE;
    DeleteSubscr = 8, "DELETE_SUBSCR", caches 0, NONE;
    EndFor = 9, "END_FOR", caches 0, NONE;
    EndSend = 10, "END_SEND", caches 0, NONE;
    ExitInitCheck = 11, "EXIT_INIT_CHECK", caches 0, NONE;
    FormatSimple = 12, "FORMAT_SIMPLE", caches 0, NONE;
    FormatWithSpec = 13, "FORMAT_WITH_SPEC", caches 0, NONE;
    GetAiter = 14, "GET_AITER", caches 0, NONE;
    GetAnext = 15, "GET_ANEXT", caches 0, NONE;
    GetIter = 16, "GET_ITER", caches 0, NONE;
    Reserved = 17, "RESERVED", caches 0, NONE;
    GetLen = 18, "GET_LEN", caches 0, NONE;
    GetYieldFromIter = 19, "GET_YIELD_FROM_ITER", caches 0, NONE;
    InterpreterExit = 20, "INTERPRETER_EXIT", caches 0, NONE;
    LoadBuildClass = 21, "LOAD_BUILD_CLASS", caches 0, NONE;
    LoadLocals = 22, "LOAD_LOCALS", caches 0, NONE;
    MakeFunction = 23, "MAKE_FUNCTION", caches 0, NONE;
    MatchKeys = 24, "MATCH_KEYS", caches 0, NONE;
    MatchMapping = 25, "MATCH_MAPPING", caches 0, NONE;
    MatchSequence = 26, "MATCH_SEQUENCE", caches 0, NONE;
    Nop = 27, "NOP", caches 0, NONE;
    NotTaken = 28, "NOT_TAKEN", caches 0, NONE;
    PopExcept = 29, "POP_EXCEPT", caches 0, NONE;
    PopIter = 30, "POP_ITER", caches 0, NONE;
    PopTop = 31, "POP_TOP", caches 0, NONE;
    PushExcInfo = 32, "PUSH_EXC_INFO", caches 0, NONE;
    PushNull = 33, "PUSH_NULL", caches 0, NONE;
    ReturnGenerator = 34, "RETURN_GENERATOR", caches 0, NONE;
    ReturnValue = 35, "RETURN_VALUE", caches 0, NONE;
    SetupAnnotations = 36, "SETUP_ANNOTATIONS", caches 0, NONE;
    StoreSlice = 37, "STORE_SLICE", caches 0, NONE;
    StoreSubscr = 38, "STORE_SUBSCR", caches 1, NONE;
    ToBool = 39, "TO_BOOL", caches 3, NONE;
    UnaryInvert = 40, "UNARY_INVERT", caches 0, NONE;
    UnaryNegative = 41, "UNARY_NEGATIVE", caches 0, NONE;
    UnaryNot = 42, "UNARY_NOT", caches 0, NONE;
    WithExceptStart = 43, "WITH_EXCEPT_START", caches 0, NONE;
    BinaryOp = 44, "BINARY_OP", caches 5, ARG;
    BuildInterpolation = 45, "BUILD_INTERPOLATION", caches 0, ARG;
    BuildList = 46, "BUILD_LIST", caches 0, ARG;
    BuildMap = 47, "BUILD_MAP", caches 0, ARG;
    BuildSet = 48, "BUILD_SET", caches 0, ARG;
    BuildSlice = 49, "BUILD_SLICE", caches 0, ARG;
    BuildString = 50, "BUILD_STRING", caches 0, ARG;
    BuildTuple = 51, "BUILD_TUPLE", caches 0, ARG;
    Call = 52, "CALL", caches 3, ARG;
    CallIntrinsic1 = 53, "CALL_INTRINSIC_1", caches 0, ARG;
    CallIntrinsic2 = 54, "CALL_INTRINSIC_2", caches 0, ARG;
    CallKw = 55, "CALL_KW", caches 3, ARG;
    CompareOp = 56, "COMPARE_OP", caches 1, ARG;
    ContainsOp = 57, "CONTAINS_OP", caches 1, ARG;
    ConvertValue = 58, "CONVERT_VALUE", caches 0, ARG;
    Copy = 59, "COPY", caches 0, ARG;
    CopyFreeVars = 60, "COPY_FREE_VARS", caches 0, ARG;
    DeleteAttr = 61, "DELETE_ATTR", caches 0, ARG | NAME;
    DeleteDeref = 62, "DELETE_DEREF", caches 0, ARG | FREE;
    DeleteFast = 63, "DELETE_FAST", caches 0, ARG | LOCAL;
    DeleteGlobal = 64, "DELETE_GLOBAL", caches 0, ARG | NAME;
    DeleteName = 65, "DELETE_NAME", caches 0, ARG | NAME;
    DictMerge = 66, "DICT_MERGE", caches 0, ARG;
    DictUpdate = 67, "DICT_UPDATE", caches 0, ARG;
    EndAsyncFor = 68, "END_ASYNC_FOR", caches 0, ARG | JUMP;
    ExtendedArg = 69, "EXTENDED_ARG", caches 0, ARG;
    ForIter = 70, "FOR_ITER", caches 1, ARG | JUMP;
    GetAwaitable = 71, "GET_AWAITABLE", caches 0, ARG;
    ImportFrom = 72, "IMPORT_FROM", caches 0, ARG | NAME;
    ImportName = 73, "IMPORT_NAME", caches 0, ARG | NAME;
    IsOp = 74, "IS_OP", caches 0, ARG;
    JumpBackward = 75, "JUMP_BACKWARD", caches 1, ARG | JUMP;
    JumpBackwardNoInterrupt = 76, "JUMP_BACKWARD_NO_INTERRUPT", caches 0, ARG | JUMP;
    JumpForward = 77, "JUMP_FORWARD", caches 0, ARG | JUMP;
    ListAppend = 78, "LIST_APPEND", caches 0, ARG;
    ListExtend = 79, "LIST_EXTEND", caches 0, ARG;
    LoadAttr = 80, "LOAD_ATTR", caches 9, ARG | NAME;
    LoadCommonConstant = 81, "LOAD_COMMON_CONSTANT", caches 0, ARG;
    LoadConst = 82, "LOAD_CONST", caches 0, ARG | CONST;
    LoadDeref = 83, "LOAD_DEREF", caches 0, ARG | LOCAL;
    LoadFast = 84, "LOAD_FAST", caches 0, ARG | LOCAL;
    LoadFastAndClear = 85, "LOAD_FAST_AND_CLEAR", caches 0, ARG | LOCAL;
    LoadFastBorrow = 86, "LOAD_FAST_BORROW", caches 0, ARG | LOCAL;
    LoadFastBorrowLoadFastBorrow = 87, "LOAD_FAST_BORROW_LOAD_FAST_BORROW", caches 0, ARG | LOCAL;
    LoadFastCheck = 88, "LOAD_FAST_CHECK", caches 0, ARG | LOCAL;
    LoadFastLoadFast = 89, "LOAD_FAST_LOAD_FAST", caches 0, ARG | LOCAL;
    LoadFromDictOrDeref = 90, "LOAD_FROM_DICT_OR_DEREF", caches 0, ARG | FREE;
    LoadFromDictOrGlobals = 91, "LOAD_FROM_DICT_OR_GLOBALS", caches 0, ARG | NAME;
    LoadGlobal = 92, "LOAD_GLOBAL", caches 4, ARG | NAME;
    LoadName = 93, "LOAD_NAME", caches 0, ARG | NAME;
    LoadSmallInt = 94, "LOAD_SMALL_INT", caches 0, ARG;
    LoadSpecial = 95, "LOAD_SPECIAL", caches 0, ARG;
    LoadSuperAttr = 96, "LOAD_SUPER_ATTR", caches 1, ARG | NAME;
    MakeCell = 97, "MAKE_CELL", caches 0, ARG | FREE;
    MapAdd = 98, "MAP_ADD", caches 0, ARG;
    MatchClass = 99, "MATCH_CLASS", caches 0, ARG;
    PopJumpIfFalse = 100, "POP_JUMP_IF_FALSE", caches 1, ARG | JUMP;
    PopJumpIfNone = 101, "POP_JUMP_IF_NONE", caches 1, ARG | JUMP;
    PopJumpIfNotNone = 102, "POP_JUMP_IF_NOT_NONE", caches 1, ARG | JUMP;
    PopJumpIfTrue = 103, "POP_JUMP_IF_TRUE", caches 1, ARG | JUMP;
    RaiseVarargs = 104, "RAISE_VARARGS", caches 0, ARG;
    Reraise = 105, "RERAISE", caches 0, ARG;
    Send = 106, "SEND", caches 1, ARG | JUMP;
    SetAdd = 107, "SET_ADD", caches 0, ARG;
    SetFunctionAttribute = 108, "SET_FUNCTION_ATTRIBUTE", caches 0, ARG;
    SetUpdate = 109, "SET_UPDATE", caches 0, ARG;
    StoreAttr = 110, "STORE_ATTR", caches 4, ARG | NAME;
    StoreDeref = 111, "STORE_DEREF", caches 0, ARG | FREE;
    StoreFast = 112, "STORE_FAST", caches 0, ARG | LOCAL;
    StoreFastLoadFast = 113, "STORE_FAST_LOAD_FAST", caches 0, ARG | LOCAL;
    StoreFastStoreFast = 114, "STORE_FAST_STORE_FAST", caches 0, ARG | LOCAL;
    StoreGlobal = 115, "STORE_GLOBAL", caches 0, ARG | NAME;
    StoreName = 116, "STORE_NAME", caches 0, ARG | NAME;
    Swap = 117, "SWAP", caches 0, ARG;
    UnpackEx = 118, "UNPACK_EX", caches 0, ARG;
    UnpackSequence = 119, "UNPACK_SEQUENCE", caches 1, ARG;
    YieldValue = 120, "YIELD_VALUE", caches 0, ARG;
    Resume = 128, "RESUME", caches 0, ARG;
    InstrumentedEndFor = 234, "INSTRUMENTED_END_FOR", caches 0, NONE;
    InstrumentedPopIter = 235, "INSTRUMENTED_POP_ITER", caches 0, NONE;
    InstrumentedEndSend = 236, "INSTRUMENTED_END_SEND", caches 0, NONE;
    InstrumentedForIter = 237, "INSTRUMENTED_FOR_ITER", caches 0, ARG | JUMP;
    InstrumentedInstruction = 238, "INSTRUMENTED_INSTRUCTION", caches 0, NONE;
    InstrumentedJumpForward = 239, "INSTRUMENTED_JUMP_FORWARD", caches 0, ARG;
    InstrumentedNotTaken = 240, "INSTRUMENTED_NOT_TAKEN", caches 0, NONE;
    InstrumentedPopJumpIfTrue = 241, "INSTRUMENTED_POP_JUMP_IF_TRUE", caches 0, ARG;
    InstrumentedPopJumpIfFalse = 242, "INSTRUMENTED_POP_JUMP_IF_FALSE", caches 0, ARG;
    InstrumentedPopJumpIfNone = 243, "INSTRUMENTED_POP_JUMP_IF_NONE", caches 0, ARG;
    InstrumentedPopJumpIfNotNone = 244, "INSTRUMENTED_POP_JUMP_IF_NOT_NONE", caches 0, ARG;
    InstrumentedResume = 245, "INSTRUMENTED_RESUME", caches 0, ARG;
    InstrumentedReturnValue = 246, "INSTRUMENTED_RETURN_VALUE", caches 0, NONE;
    InstrumentedYieldValue = 247, "INSTRUMENTED_YIELD_VALUE", caches 0, ARG;
    InstrumentedEndAsyncFor = 248, "INSTRUMENTED_END_ASYNC_FOR", caches 0, ARG | JUMP;
    InstrumentedLoadSuperAttr = 249, "INSTRUMENTED_LOAD_SUPER_ATTR", caches 0, ARG | NAME;
    InstrumentedCall = 250, "INSTRUMENTED_CALL", caches 0, ARG;
    InstrumentedCallKw = 251, "INSTRUMENTED_CALL_KW", caches 0, ARG;
    InstrumentedCallFunctionEx = 252, "INSTRUMENTED_CALL_FUNCTION_EX", caches 0, NONE;
    InstrumentedJumpBackward = 253, "INSTRUMENTED_JUMP_BACKWARD", caches 0, ARG;
    InstrumentedLine = 254, "INSTRUMENTED_LINE", caches 0, NONE;
    EnterExecutor = 255, "ENTER_EXECUTOR", caches 0, ARG;
    AnnotationsPlaceholder = 256, "ANNOTATIONS_PLACEHOLDER", caches 0, NONE;
    Jump = 257, "JUMP", caches 0, ARG | JUMP;
    JumpIfFalse = 258, "JUMP_IF_FALSE", caches 0, ARG | JUMP;
    JumpIfTrue = 259, "JUMP_IF_TRUE", caches 0, ARG | JUMP;
    JumpNoInterrupt = 260, "JUMP_NO_INTERRUPT", caches 0, ARG | JUMP;
    LoadClosure = 261, "LOAD_CLOSURE", caches 0, ARG | LOCAL;
    PopBlock = 262, "POP_BLOCK", caches 0, NONE;
    SetupCleanup = 263, "SETUP_CLEANUP", caches 0, ARG | EXC;
    SetupFinally = 264, "SETUP_FINALLY", caches 0, ARG | EXC;
    SetupWith = 265, "SETUP_WITH", caches 0, ARG | EXC;
    StoreFastMaybeNull = 266, "STORE_FAST_MAYBE_NULL", caches 0, ARG | LOCAL;
}

impl std::fmt::Debug for Opcode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
