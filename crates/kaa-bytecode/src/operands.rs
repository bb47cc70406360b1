//! What the values of an instruction's argument stand for, where that is neither an index nor a
//! distance: operators, intrinsic functions, flag bits. All of it as in CPython 3.14.

macro_rules! operand {
    ($(#[$meta:meta])* $type:ident { $($variant:ident = $number:literal, $name:literal;)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum $type {
            $($variant = $number,)*
        }

        impl $type {
            /// Every value, by number.
            pub const ALL: &[$type] = &[$($type::$variant,)*];

            /// CPython's name, as `dis` or the module `opcode` has it.
            pub const fn name(self) -> &'static str {
                match self {
                    $($type::$variant => $name,)*
                }
            }

            /// The value of a number, when there is one.
            pub const fn from_number(number: u32) -> Option<$type> {
                match number {
                    $($number => Some($type::$variant),)*
                    _ => None,
                }
            }

            /// The number that stands in the argument.
            pub const fn number(self) -> u32 {
                self as u32
            }
        }
    };
}

operand! {
    /// The argument of `BINARY_OP`.
    BinaryOperator {
        Add = 0, "NB_ADD";
        And = 1, "NB_AND";
        FloorDivide = 2, "NB_FLOOR_DIVIDE";
        Lshift = 3, "NB_LSHIFT";
        MatrixMultiply = 4, "NB_MATRIX_MULTIPLY";
        Multiply = 5, "NB_MULTIPLY";
        Remainder = 6, "NB_REMAINDER";
        Or = 7, "NB_OR";
        Power = 8, "NB_POWER";
        Rshift = 9, "NB_RSHIFT";
        Subtract = 10, "NB_SUBTRACT";
        TrueDivide = 11, "NB_TRUE_DIVIDE";
        Xor = 12, "NB_XOR";
        InplaceAdd = 13, "NB_INPLACE_ADD";
        InplaceAnd = 14, "NB_INPLACE_AND";
        InplaceFloorDivide = 15, "NB_INPLACE_FLOOR_DIVIDE";
        InplaceLshift = 16, "NB_INPLACE_LSHIFT";
        InplaceMatrixMultiply = 17, "NB_INPLACE_MATRIX_MULTIPLY";
        InplaceMultiply = 18, "NB_INPLACE_MULTIPLY";
        InplaceRemainder = 19, "NB_INPLACE_REMAINDER";
        InplaceOr = 20, "NB_INPLACE_OR";
        InplacePower = 21, "NB_INPLACE_POWER";
        InplaceRshift = 22, "NB_INPLACE_RSHIFT";
        InplaceSubtract = 23, "NB_INPLACE_SUBTRACT";
        InplaceTrueDivide = 24, "NB_INPLACE_TRUE_DIVIDE";
        InplaceXor = 25, "NB_INPLACE_XOR";
        Subscript = 26, "NB_SUBSCR";
    }
}

impl BinaryOperator {
    /// The operator as source has it, e.g. `//=`.
    pub const fn symbol(self) -> &'static str {
        const SYMBOLS: [&str; 27] = [
            "+", "&", "//", "<<", "@", "*", "%", "|", "**", ">>", "-", "/", "^", "+=", "&=", "//=", "<<=", "@=", "*=",
            "%=", "|=", "**=", ">>=", "-=", "/=", "^=", "[]",
        ];
        SYMBOLS[self as usize]
    }
}

operand! {
    /// The comparison in the argument of `COMPARE_OP`: see [`ComparisonOperator::arg`].
    ComparisonOperator {
        Less = 0, "<";
        LessEqual = 1, "<=";
        Equal = 2, "==";
        NotEqual = 3, "!=";
        Greater = 4, ">";
        GreaterEqual = 5, ">=";
    }
}

impl ComparisonOperator {
    /// The bit of the argument that asks for the truth of the result instead of the result.
    pub const TO_BOOL: u32 = 16;

    /// The argument: the comparison in the bits from 5 on, and in the lowest four the outcomes
    /// (unordered 1, less 2, greater 4, equal 8) for which it holds.
    pub const fn arg(self) -> u32 {
        const MASKS: [u32; 6] = [2, 2 | 8, 8, 1 | 2 | 4, 4, 4 | 8];
        (self as u32) << 5 | MASKS[self as usize]
    }

    /// The comparison of an argument.
    pub const fn from_arg(arg: u32) -> Option<ComparisonOperator> {
        ComparisonOperator::from_number(arg >> 5)
    }
}

operand! {
    /// The argument of `CALL_INTRINSIC_1`.
    Intrinsic1 {
        Invalid = 0, "INTRINSIC_1_INVALID";
        Print = 1, "INTRINSIC_PRINT";
        ImportStar = 2, "INTRINSIC_IMPORT_STAR";
        StopIterationError = 3, "INTRINSIC_STOPITERATION_ERROR";
        AsyncGenWrap = 4, "INTRINSIC_ASYNC_GEN_WRAP";
        UnaryPositive = 5, "INTRINSIC_UNARY_POSITIVE";
        ListToTuple = 6, "INTRINSIC_LIST_TO_TUPLE";
        TypeVar = 7, "INTRINSIC_TYPEVAR";
        ParamSpec = 8, "INTRINSIC_PARAMSPEC";
        TypeVarTuple = 9, "INTRINSIC_TYPEVARTUPLE";
        SubscriptGeneric = 10, "INTRINSIC_SUBSCRIPT_GENERIC";
        TypeAlias = 11, "INTRINSIC_TYPEALIAS";
    }
}

operand! {
    /// The argument of `CALL_INTRINSIC_2`.
    Intrinsic2 {
        Invalid = 0, "INTRINSIC_2_INVALID";
        PrepReraiseStar = 1, "INTRINSIC_PREP_RERAISE_STAR";
        TypeVarWithBound = 2, "INTRINSIC_TYPEVAR_WITH_BOUND";
        TypeVarWithConstraints = 3, "INTRINSIC_TYPEVAR_WITH_CONSTRAINTS";
        SetFunctionTypeParams = 4, "INTRINSIC_SET_FUNCTION_TYPE_PARAMS";
        SetTypeParamDefault = 5, "INTRINSIC_SET_TYPEPARAM_DEFAULT";
    }
}

operand! {
    /// The argument of `LOAD_COMMON_CONSTANT`.
    CommonConstant {
        AssertionError = 0, "AssertionError";
        NotImplementedError = 1, "NotImplementedError";
        Tuple = 2, "tuple";
        All = 3, "all";
        Any = 4, "any";
    }
}

impl CommonConstant {
    /// The value's `repr`, as `dis` has it for a value that is no class.
    pub const fn repr(self) -> &'static str {
        match self {
            CommonConstant::AssertionError => "<class 'AssertionError'>",
            CommonConstant::NotImplementedError => "<class 'NotImplementedError'>",
            CommonConstant::Tuple => "<class 'tuple'>",
            CommonConstant::All => "<built-in function all>",
            CommonConstant::Any => "<built-in function any>",
        }
    }
}

operand! {
    /// The argument of `LOAD_SPECIAL`.
    SpecialMethod {
        Enter = 0, "__enter__";
        Exit = 1, "__exit__";
        AsyncEnter = 2, "__aenter__";
        AsyncExit = 3, "__aexit__";
    }
}

operand! {
    /// The argument of `CONVERT_VALUE`: what `!s`, `!r` and `!a` do in an f-string.
    Conversion {
        None = 0, "";
        Str = 1, "str";
        Repr = 2, "repr";
        Ascii = 3, "ascii";
    }
}

/// Bits of the argument of `SET_FUNCTION_ATTRIBUTE`: which attribute is on the stack.
pub mod function_attribute {
    pub const DEFAULTS: u32 = 0x01;
    pub const KWDEFAULTS: u32 = 0x02;
    pub const ANNOTATIONS: u32 = 0x04;
    pub const CLOSURE: u32 = 0x08;
    pub const ANNOTATE: u32 = 0x10;

    /// Names as `dis` prints them, lowest bit first.
    pub const NAMES: [&str; 5] = ["defaults", "kwdefaults", "annotations", "closure", "annotate"];
}

/// The argument of `RESUME`: where execution goes on.
pub mod resume {
    pub const AT_FUNC_START: u32 = 0;
    pub const AFTER_YIELD: u32 = 1;
    pub const AFTER_YIELD_FROM: u32 = 2;
    pub const AFTER_AWAIT: u32 = 3;
    /// The bits that hold one of the above.
    pub const LOCATION_MASK: u32 = 3;
    /// The generator is not inside a `try` block other than its own.
    pub const DEPTH1_MASK: u32 = 4;
}

/// `IS_OP` and `CONTAINS_OP`: argument 1 negates.
pub const INVERT: u32 = 1;
/// `LOAD_GLOBAL`: push NULL for a call; the name's index is in the bits above.
pub const LOAD_GLOBAL_PUSH_NULL: u32 = 1;
/// `LOAD_ATTR`: load a method for a call; the name's index is in the bits above.
pub const LOAD_ATTR_METHOD: u32 = 1;
/// `LOAD_SUPER_ATTR`: load a method for a call; the name's index is in the bits from 2 on.
pub const LOAD_SUPER_ATTR_METHOD: u32 = 1;
/// `LOAD_SUPER_ATTR`: `super` was written with two arguments.
pub const LOAD_SUPER_ATTR_TWO_ARGUMENTS: u32 = 2;
/// `BUILD_INTERPOLATION`: a format specification is on the stack; the [`Conversion`] is in the
/// bits from 2 on.
pub const BUILD_INTERPOLATION_FORMAT: u32 = 1;
/// `LOAD_SMALL_INT` reaches integers from 0 to this.
pub const MAX_SMALL_INT: u32 = 255;
