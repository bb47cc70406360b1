//! The slots of a type, as far as the wrappers need to know them.

use proc_macro2::TokenStream;
use quote::quote;

/// What a slot's function takes and gives.
pub struct SlotShape {
    /// Types of the parameters after the first value.
    pub extra: Vec<TokenStream>,
    /// The type that it gives inside `PyResult`.
    pub gives: TokenStream,
    /// Whether what it gives is a Python value, which is converted with `IntoValue`.
    pub gives_value: bool,
    /// Whether the first value is always an instance of the type.
    pub first_is_self: bool,
}

/// The shape of a slot of `kaa_objects::class::slots`; `None` when there is none of that name.
pub fn shape(name: &str) -> Option<SlotShape> {
    let value = || quote!(::kaa_objects::Value);
    let maybe = || quote!(::core::option::Option<::kaa_objects::Value>);
    let string = || quote!(::kaa_objects::Gc<::kaa_objects::types::str::PyStr>);
    let args = || quote!(::kaa_objects::Args<'_>);
    let gives = |extra: Vec<TokenStream>, gives: TokenStream| {
        Some(SlotShape { extra, gives, gives_value: false, first_is_self: true })
    };
    let object =
        |extra: Vec<TokenStream>| Some(SlotShape { extra, gives: value(), gives_value: true, first_is_self: true });
    match name {
        "finalize" => gives(vec![], quote!(())),
        "init" => gives(vec![args()], quote!(())),
        "call" => object(vec![args()]),
        "repr" | "str" | "iter" | "am_await" | "am_aiter" | "am_anext" => object(vec![]),
        "nb_negative" | "nb_positive" | "nb_absolute" | "nb_invert" | "nb_int" | "nb_float" | "nb_index" => {
            object(vec![])
        }
        "hash" => gives(vec![], quote!(i64)),
        "richcompare" => object(vec![value(), quote!(::kaa_objects::class::CompareOp)]),
        "getattro" => object(vec![string()]),
        "setattro" => gives(vec![string(), maybe()], quote!(())),
        "descr_get" => object(vec![maybe(), maybe()]),
        "descr_set" => gives(vec![value(), maybe()], quote!(())),
        "iternext" => gives(vec![], maybe()),
        "nb_bool" => gives(vec![], quote!(bool)),
        "nb_power" => Some(SlotShape { first_is_self: false, ..object(vec![value(), value()])? }),
        "nb_inplace_power" => object(vec![value(), value()]),
        "sq_length" | "mp_length" => gives(vec![], quote!(usize)),
        "sq_concat" | "sq_inplace_concat" | "mp_subscript" => object(vec![value()]),
        "sq_repeat" | "sq_inplace_repeat" | "sq_item" => object(vec![quote!(isize)]),
        "sq_ass_item" => gives(vec![quote!(isize), maybe()], quote!(())),
        "sq_contains" => gives(vec![value()], quote!(bool)),
        "mp_ass_subscript" => gives(vec![value(), maybe()], quote!(())),
        "am_send" => gives(vec![value()], quote!(::kaa_objects::class::Sent)),
        "bf_getbuffer" => gives(vec![quote!(u32)], quote!(::kaa_objects::buffer::Buffer)),
        _ if name.starts_with("nb_inplace_") => object(vec![value()]),
        _ if BINARY.contains(&name) => Some(SlotShape { first_is_self: false, ..object(vec![value()])? }),
        _ => None,
    }
}

/// The binary operators, either of whose operands may be of the type.
const BINARY: &[&str] = &[
    "nb_add",
    "nb_subtract",
    "nb_multiply",
    "nb_remainder",
    "nb_divmod",
    "nb_lshift",
    "nb_rshift",
    "nb_and",
    "nb_xor",
    "nb_or",
    "nb_floor_divide",
    "nb_true_divide",
    "nb_matrix_multiply",
];
