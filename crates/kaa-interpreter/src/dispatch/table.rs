//! Which handler an opcode has.

use kaa_bytecode::Opcode as O;

use super::state::Handler;
use super::{
    Driver, attributes as attr, awaiting, binary, build, calls, compare, control, exceptions, fused, generators,
    imports, iterate, loads, matching, monitored, names,
};
use crate::opcode::*;
use kaa_objects::types::code::{PACKED, UNVERIFIED};

/// The handlers of all opcodes for a driver.
pub const fn table<D: Driver>() -> [Handler<D::Out>; 256] {
    let mut t: [Handler<D::Out>; 256] = [control::illegal::<D>; 256];
    macro_rules! handlers {
        ($($opcode:expr => $module:ident::$handler:ident;)*) => { $(t[$opcode as usize] = $module::$handler::<D>;)* };
    }
    handlers! {
        O::Cache => control::cache;
        O::Nop => control::nop;
        O::NotTaken => control::nop;
        O::ExtendedArg => control::extended_arg;
        UNVERIFIED => control::verify;
        PACKED => control::load;
        O::Resume => control::resume;
        O::JumpForward => control::jump_forward;
        O::JumpBackward => control::jump_backward;
        O::JumpBackwardNoInterrupt => control::jump_backward_no_interrupt;
        O::PopJumpIfFalse => control::pop_jump_if_false;
        O::PopJumpIfTrue => control::pop_jump_if_true;
        O::PopJumpIfNone => control::pop_jump_if_none;
        O::PopJumpIfNotNone => control::pop_jump_if_not_none;
        O::ReturnValue => control::return_value;

        O::LoadFast => loads::load_fast;
        O::LoadFastBorrow => loads::load_fast;
        O::LoadFastCheck => loads::load_fast_check;
        O::LoadFastAndClear => loads::load_fast_and_clear;
        O::LoadFastLoadFast => loads::load_fast_load_fast;
        O::LoadFastBorrowLoadFastBorrow => loads::load_fast_load_fast;
        O::StoreFast => loads::store_fast;
        O::StoreFastLoadFast => loads::store_fast_load_fast;
        O::StoreFastStoreFast => loads::store_fast_store_fast;
        O::DeleteFast => loads::delete_fast;
        O::LoadConst => loads::load_const;
        O::LoadSmallInt => loads::load_small_int;
        O::LoadCommonConstant => loads::load_common_constant;
        O::PopTop => loads::pop_top;
        O::PopIter => loads::pop_top;
        O::EndFor => loads::pop_top;
        O::PushNull => loads::push_null;
        O::Copy => loads::copy;
        O::Swap => loads::swap;
        O::MakeCell => loads::make_cell;
        O::CopyFreeVars => loads::copy_free_vars;
        O::LoadDeref => loads::load_deref;
        O::StoreDeref => loads::store_deref;
        O::DeleteDeref => loads::delete_deref;
        O::LoadFromDictOrDeref => loads::load_from_dict_or_deref;

        LOAD_FAST_LOAD_ATTR_SLOT => fused::load_fast_load_attr_slot;
        LOAD_SMALL_INT_ADD => fused::load_small_int_add;
        LOAD_FAST_PAIR_COMPARE_JUMP => fused::load_fast_pair_compare_jump;
        LOAD_FAST_PAIR_SUBSCR_LIST => fused::load_fast_pair_subscr_list;

        O::LoadGlobal => names::load_global;
        LOAD_GLOBAL_MODULE => names::load_global_module;
        LOAD_GLOBAL_BUILTIN => names::load_global_builtin;
        O::StoreGlobal => names::store_global;
        O::DeleteGlobal => names::delete_global;
        O::LoadName => names::load_name;
        O::StoreName => names::store_name;
        O::DeleteName => names::delete_name;
        O::LoadLocals => names::load_locals;
        O::LoadFromDictOrGlobals => names::load_from_dict_or_globals;
        O::SetupAnnotations => names::setup_annotations;
        O::LoadBuildClass => names::load_build_class;

        O::CompareOp => compare::compare_op;
        COMPARE_OP_INT => compare::compare_op_int;
        COMPARE_OP_INT_JUMP => compare::compare_op_int_jump;
        COMPARE_OP_FLOAT => compare::compare_op_float;
        COMPARE_OP_FLOAT_JUMP => compare::compare_op_float_jump;
        COMPARE_OP_STR => compare::compare_op_str;
        O::IsOp => compare::is_op;
        O::ContainsOp => compare::contains_op;
        CONTAINS_OP_DICT => compare::contains_op_dict;
        O::ToBool => compare::to_bool;
        O::UnaryNot => compare::unary_not;

        O::BinaryOp => binary::binary_op;
        BINARY_OP_ADD_INT => binary::binary_op_add_int;
        BINARY_OP_SUBTRACT_INT => binary::binary_op_subtract_int;
        BINARY_OP_MULTIPLY_INT => binary::binary_op_multiply_int;
        BINARY_OP_AND_INT => binary::binary_op_and_int;
        BINARY_OP_OR_INT => binary::binary_op_or_int;
        BINARY_OP_XOR_INT => binary::binary_op_xor_int;
        BINARY_OP_LSHIFT_INT => binary::binary_op_lshift_int;
        BINARY_OP_RSHIFT_INT => binary::binary_op_rshift_int;
        BINARY_OP_FLOOR_DIVIDE_INT => binary::binary_op_floor_divide_int;
        BINARY_OP_REMAINDER_INT => binary::binary_op_remainder_int;
        BINARY_OP_ADD_FLOAT => binary::binary_op_add_float;
        BINARY_OP_SUBTRACT_FLOAT => binary::binary_op_subtract_float;
        BINARY_OP_MULTIPLY_FLOAT => binary::binary_op_multiply_float;
        BINARY_OP_TRUE_DIVIDE_FLOAT => binary::binary_op_true_divide_float;
        BINARY_OP_POWER_FLOAT => binary::binary_op_power_float;
        BINARY_OP_SUBSCR_LIST_INT => binary::binary_op_subscr_list_int;
        BINARY_OP_SUBSCR_TUPLE_INT => binary::binary_op_subscr_tuple_int;
        BINARY_OP_SUBSCR_DICT => binary::binary_op_subscr_dict;
        BINARY_OP_SUBSCR_STR_INT => binary::binary_op_subscr_str_int;
        BINARY_OP_SUBSCR_PYTHON => binary::binary_op_subscr_python;
        BINARY_OP_ADD_STR => binary::binary_op_add_str;
        O::BinarySlice => binary::binary_slice;
        O::StoreSlice => binary::store_slice;
        O::StoreSubscr => binary::store_subscr;
        STORE_SUBSCR_LIST_INT => binary::store_subscr_list_int;
        STORE_SUBSCR_DICT => binary::store_subscr_dict;
        O::DeleteSubscr => binary::delete_subscr;
        O::UnaryNegative => binary::unary_negative;
        O::UnaryInvert => binary::unary_invert;

        O::LoadAttr => attr::load_attr;
        LOAD_ATTR_SLOT => attr::load_attr_slot;
        LOAD_ATTR_OVERFLOW => attr::load_attr_overflow;
        LOAD_ATTR_CLASS_VALUE => attr::load_attr_class_value;
        LOAD_ATTR_METHOD => attr::load_attr_method;
        LOAD_ATTR_METHOD_IMMEDIATE => attr::load_attr_method_immediate;
        LOAD_ATTR_MODULE => attr::load_attr_module;
        LOAD_ATTR_CLASS => attr::load_attr_class;
        LOAD_ATTR_PROPERTY => attr::load_attr_property;
        LOAD_ATTR_GETSET => attr::load_attr_getset;
        O::StoreAttr => attr::store_attr;
        STORE_ATTR_SLOT => attr::store_attr_slot;
        STORE_ATTR_ADD => attr::store_attr_add;
        STORE_ATTR_OVERFLOW => attr::store_attr_overflow;
        O::DeleteAttr => attr::delete_attr;
        O::LoadSuperAttr => attr::load_super_attr;

        O::Call => calls::call;
        CALL_PY => calls::call_py;
        CALL_BOUND_METHOD => calls::call_bound_method;
        CALL_NATIVE => calls::call_native;
        CALL_METHOD_DESCRIPTOR => calls::call_method_descriptor;
        CALL_CLASS_INIT => calls::call_class_init;
        CALL_TYPE_1 => calls::call_type_1;
        O::CallKw => calls::call_kw;
        O::CallFunctionEx => calls::call_function_ex;
        O::MakeFunction => calls::make_function;
        O::SetFunctionAttribute => calls::set_function_attribute;

        O::GetIter => iterate::get_iter;
        O::ForIter => iterate::for_iter;
        FOR_ITER_LIST => iterate::for_iter_list;
        FOR_ITER_TUPLE => iterate::for_iter_tuple;
        FOR_ITER_RANGE => iterate::for_iter_range;
        FOR_ITER_GENERATOR => generators::for_iter_generator;
        O::GetLen => iterate::get_len;
        O::UnpackSequence => iterate::unpack_sequence;
        O::UnpackEx => iterate::unpack_ex;

        O::ReturnGenerator => generators::return_generator;
        O::YieldValue => generators::yield_value;
        O::Send => generators::send;
        O::EndSend => generators::end_send;
        O::GetAwaitable => awaiting::get_awaitable;
        O::GetAiter => awaiting::get_aiter;
        O::GetAnext => awaiting::get_anext;
        O::GetYieldFromIter => awaiting::get_yield_from_iter;
        O::CleanupThrow => awaiting::cleanup_throw;
        O::EndAsyncFor => awaiting::end_async_for;

        O::PushExcInfo => exceptions::push_exc_info;
        O::PopExcept => exceptions::pop_except;
        O::CheckExcMatch => exceptions::check_exc_match;
        O::CheckEgMatch => exceptions::check_eg_match;
        O::RaiseVarargs => exceptions::raise_varargs;
        O::Reraise => exceptions::reraise;
        O::LoadSpecial => exceptions::load_special;
        O::WithExceptStart => exceptions::with_except_start;

        O::BuildTuple => build::build_tuple;
        O::BuildList => build::build_list;
        O::BuildMap => build::build_map;
        O::BuildSet => build::build_set;
        O::BuildString => build::build_string;
        O::BuildSlice => build::build_slice;
        O::BuildTemplate => build::build_template;
        O::BuildInterpolation => build::build_interpolation;
        O::ListAppend => build::list_append;
        O::ListExtend => build::list_extend;
        O::SetAdd => build::set_add;
        O::SetUpdate => build::set_update;
        O::MapAdd => build::map_add;
        O::DictUpdate => build::dict_update;
        O::DictMerge => build::dict_merge;
        O::ConvertValue => build::convert_value;
        O::FormatSimple => build::format_simple;
        O::FormatWithSpec => build::format_with_spec;

        O::ImportName => imports::import_name;
        O::ImportFrom => imports::import_from;
        O::CallIntrinsic1 => imports::call_intrinsic_1;
        O::CallIntrinsic2 => imports::call_intrinsic_2;

        INSTRUMENTED => monitored::instrumented;
        CALL_MONITORED => monitored::call_monitored;
        CALL_KW_MONITORED => monitored::call_kw_monitored;
        CALL_FUNCTION_EX_MONITORED => monitored::call_function_ex_monitored;
        FOR_ITER_MONITORED => monitored::for_iter_monitored;
        LOAD_SUPER_ATTR_MONITORED => monitored::load_super_attr_monitored;

        O::MatchMapping => matching::match_mapping;
        O::MatchSequence => matching::match_sequence;
        O::MatchKeys => matching::match_keys;
        O::MatchClass => matching::match_class;
    }
    t
}
