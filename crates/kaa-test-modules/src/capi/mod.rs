//! `_testcapi`.

mod calls;
mod code;
mod conventions;
mod errors;
mod events;
mod marshal;
mod objects;
mod tracing;

use kaa_macros::py_module;

/// The module.
pub(crate) struct TestCapi;

#[py_module(
    name = "_testcapi",
    doc = "What tests do through native code; not for programs.",
    types(
        conventions::MethInstance,
        conventions::MethClass,
        conventions::MethStatic,
        calls::MethodDescriptorBase,
        calls::MethodDescriptorDerived,
        calls::MethodDescriptorNopGet,
        calls::MethodDescriptor2,
        errors::RecursingInfinitelyError,
        events::CodeLike,
        objects::AwaitType,
        objects::NullNewMetaclass,
    ),
    parts(
        conventions::FUNCTIONS,
        calls::FUNCTIONS,
        code::FUNCTIONS,
        errors::FUNCTIONS,
        events::FUNCTIONS,
        marshal::FUNCTIONS,
        objects::FUNCTIONS,
        tracing::FUNCTIONS,
    )
)]
impl TestCapi {
    #[constant]
    const CHAR_MAX: i64 = i8::MAX as i64;
    #[constant]
    const CHAR_MIN: i64 = i8::MIN as i64;
    #[constant]
    const UCHAR_MAX: i64 = u8::MAX as i64;
    #[constant]
    const SHRT_MAX: i64 = i16::MAX as i64;
    #[constant]
    const SHRT_MIN: i64 = i16::MIN as i64;
    #[constant]
    const USHRT_MAX: i64 = u16::MAX as i64;
    #[constant]
    const INT_MAX: i64 = i32::MAX as i64;
    #[constant]
    const INT_MIN: i64 = i32::MIN as i64;
    #[constant]
    const UINT_MAX: i64 = u32::MAX as i64;
    #[constant]
    const LONG_MAX: i64 = i64::MAX;
    #[constant]
    const LONG_MIN: i64 = i64::MIN;
    #[constant]
    const ULONG_MAX: u64 = u64::MAX;
    #[constant]
    const LLONG_MAX: i64 = i64::MAX;
    #[constant]
    const LLONG_MIN: i64 = i64::MIN;
    #[constant]
    const ULLONG_MAX: u64 = u64::MAX;
    #[constant]
    const PY_SSIZE_T_MAX: i64 = i64::MAX;
    #[constant]
    const PY_SSIZE_T_MIN: i64 = i64::MIN;
    #[constant]
    const SIZE_MAX: u64 = u64::MAX;
    #[constant]
    const FLT_MAX: f64 = f32::MAX as f64;
    #[constant]
    const FLT_MIN: f64 = f32::MIN_POSITIVE as f64;
    #[constant]
    const DBL_MAX: f64 = f64::MAX;
    #[constant]
    const DBL_MIN: f64 = f64::MIN_POSITIVE;
    #[constant]
    const SIZEOF_VOID_P: i64 = size_of::<usize>() as i64;
    #[constant]
    const SIZEOF_SIZE_T: i64 = size_of::<usize>() as i64;
    /// The allocators of CPython: Kaa has neither.
    #[constant]
    const WITH_PYMALLOC: bool = false;
    #[constant]
    const WITH_MIMALLOC: bool = false;
    #[constant("_Py_STACK_GROWS_DOWN")]
    const STACK_GROWS_DOWN: i64 = 1;
}
