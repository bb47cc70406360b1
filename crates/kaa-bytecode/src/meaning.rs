//! What the argument of an instruction stands for, in the words of CPython's `dis`.

use crate::Opcode;
use crate::operands::{
    self, BinaryOperator, CommonConstant, ComparisonOperator, Conversion, Intrinsic1, Intrinsic2, SpecialMethod,
    function_attribute,
};

/// Shown for what is not there.
pub(crate) const UNKNOWN: &str = "<unknown>";

/// What arguments are indices of.
pub trait Tables {
    fn constant(&self, index: u32) -> String;
    fn name(&self, index: u32) -> String;
    fn local(&self, index: u32) -> String;
    /// A cell or free variable. In a code object they are among the locals.
    fn cell(&self, index: u32) -> String {
        self.local(index)
    }
}

/// The meaning of an argument; empty when it has none but its number. Jumps are the caller's.
pub fn meaning(opcode: Opcode, arg: u32, tables: &dyn Tables) -> String {
    let known = |text: Option<&str>| text.unwrap_or(UNKNOWN).to_owned();
    let name = |index: u32, has_suffix: bool, suffix: &str| {
        let mut text = tables.name(index);
        if has_suffix && !text.is_empty() {
            text.push_str(suffix);
        }
        text
    };
    match opcode {
        _ if !opcode.has_arg() || opcode.has_target() => String::new(),
        _ if opcode.has_const() => tables.constant(arg),
        Opcode::LoadGlobal => name(arg >> 1, arg & operands::LOAD_GLOBAL_PUSH_NULL != 0, " + NULL"),
        Opcode::LoadAttr => name(arg >> 1, arg & operands::LOAD_ATTR_METHOD != 0, " + NULL|self"),
        Opcode::LoadSuperAttr => name(arg >> 2, arg & operands::LOAD_SUPER_ATTR_METHOD != 0, " + NULL|self"),
        _ if opcode.has_name() => name(arg, false, ""),
        Opcode::LoadFastLoadFast
        | Opcode::LoadFastBorrowLoadFastBorrow
        | Opcode::StoreFastLoadFast
        | Opcode::StoreFastStoreFast => format!("{}, {}", tables.local(arg >> 4), tables.local(arg & 15)),
        Opcode::LoadDeref | Opcode::StoreDeref | Opcode::DeleteDeref | Opcode::LoadClosure => tables.cell(arg),
        _ if opcode.has_free() => tables.cell(arg),
        _ if opcode.has_local() => tables.local(arg),
        Opcode::CompareOp => {
            let symbol = known(ComparisonOperator::from_arg(arg).map(ComparisonOperator::name));
            if arg & ComparisonOperator::TO_BOOL != 0 { format!("bool({symbol})") } else { symbol }
        }
        Opcode::ConvertValue => known(Conversion::from_number(arg).map(Conversion::name)),
        Opcode::SetFunctionAttribute => {
            let names = function_attribute::NAMES.iter().enumerate();
            let set: Vec<&str> = names.filter(|(bit, _)| arg & 1 << bit != 0).map(|(_, name)| *name).collect();
            set.join(", ")
        }
        Opcode::BinaryOp => known(BinaryOperator::from_number(arg).map(BinaryOperator::symbol)),
        Opcode::CallIntrinsic1 => known(Intrinsic1::from_number(arg).map(Intrinsic1::name)),
        Opcode::CallIntrinsic2 => known(Intrinsic2::from_number(arg).map(Intrinsic2::name)),
        Opcode::LoadCommonConstant => known(CommonConstant::from_number(arg).map(|constant| match constant {
            CommonConstant::All | CommonConstant::Any => constant.repr(),
            class => class.name(),
        })),
        Opcode::LoadSpecial => known(SpecialMethod::from_number(arg).map(SpecialMethod::name)),
        Opcode::IsOp => if arg == 0 { "is" } else { "is not" }.to_owned(),
        Opcode::ContainsOp => if arg == 0 { "in" } else { "not in" }.to_owned(),
        _ => String::new(),
    }
}
