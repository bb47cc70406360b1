/// Describes a native type that has no attributes of its own (or none yet): the plain form of
/// what `#[py_type]` does.
#[macro_export]
macro_rules! native_type {
    ($type:ty, name $name:literal, id $id:expr, layout $layout:ident $(, flags $($flag:ident)|+)?) => {
        // SAFETY: the struct is repr(C) and begins with its header.
        unsafe impl $crate::Native for $type {
            fn def() -> &'static $crate::class::TypeDef {
                static DEF: $crate::class::TypeDef = $crate::class::TypeDef {
                    name: $name,
                    module: "builtins",
                    doc: None,
                    base: $crate::macros::base_of($id),
                    flags: 0 $($(| $crate::class::flags::$flag)+)?,
                    layout: $crate::class::Layout {
                        size: size_of::<$type>(),
                        variable: $crate::native_type!(@variable $layout),
                        trace: $crate::native_type!(@trace $type, $layout),
                        drop: None,
                        weak_slot: None,
                    },
                    slots: $crate::class::Slots::NONE,
                    methods: &[],
                    getset: &[],
                    setup: None,
                    index: std::sync::atomic::AtomicU32::new($id),
                };
                &DEF
            }
            const SHAPE: u32 = $id;
        }
    };
    (@variable VariableValues) => { true };
    (@variable VariableRaw) => { true };
    (@variable $other:ident) => { false };
    (@trace $type:ty, Values) => { $crate::class::TraceKind::Values };
    (@trace $type:ty, VariableValues) => { $crate::class::TraceKind::Values };
    (@trace $type:ty, Raw) => { $crate::class::TraceKind::Raw };
    (@trace $type:ty, VariableRaw) => { $crate::class::TraceKind::Raw };
    (@trace $type:ty, Custom) => { $crate::class::TraceKind::Custom($crate::object::trace_native::<$type>) };
}

/// The base of a type of [`native_type!`]: `object`, but none for `object` itself.
pub const fn base_of(id: u32) -> Option<fn() -> &'static crate::class::TypeDef> {
    if id == crate::ids::OBJECT { None } else { Some(<crate::types::object::PyObject as crate::Native>::def) }
}
