//! What Python code does with generators: their methods and attributes.

use kaa_objects::class::{GetSetDef, MethodDef, Slots};

/// Slots of `generator`.
pub const GENERATOR_SLOTS: Slots = Slots::NONE;
/// Slots of `coroutine`.
pub const COROUTINE_SLOTS: Slots = Slots::NONE;
/// Slots of `async_generator`.
pub const ASYNC_GENERATOR_SLOTS: Slots = Slots::NONE;

/// The methods of one of the three types, by its shape number.
pub const fn methods_of(_id: u32) -> &'static [MethodDef] {
    &[]
}

/// The attributes of one of the three types.
pub const fn getset_of(_id: u32) -> &'static [GetSetDef] {
    &[]
}
