//! Binary operators, plain and in place.

use crate::class::{PyType, Slots};
use crate::{Gc, PyResult, Value, Vm};

/// A binary operator. The numbers are those of the `BINARY_OP` instruction, in place forms left
/// out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum BinaryOp {
    Add = 0,
    And = 1,
    FloorDivide = 2,
    Lshift = 3,
    MatrixMultiply = 4,
    Multiply = 5,
    Remainder = 6,
    Or = 7,
    Power = 8,
    Rshift = 9,
    Subtract = 10,
    TrueDivide = 11,
    Xor = 12,
}

type Slot = Option<fn(&Vm, Value, Value) -> PyResult>;

impl BinaryOp {
    /// All operators in the order of their numbers.
    pub const ALL: [BinaryOp; 13] = {
        use BinaryOp::*;
        [
            Add,
            And,
            FloorDivide,
            Lshift,
            MatrixMultiply,
            Multiply,
            Remainder,
            Or,
            Power,
            Rshift,
            Subtract,
            TrueDivide,
            Xor,
        ]
    };

    /// The operator's text, as messages name it.
    pub const fn symbol(self) -> &'static str {
        match self {
            BinaryOp::Add => "+",
            BinaryOp::And => "&",
            BinaryOp::FloorDivide => "//",
            BinaryOp::Lshift => "<<",
            BinaryOp::MatrixMultiply => "@",
            BinaryOp::Multiply => "*",
            BinaryOp::Remainder => "%",
            BinaryOp::Or => "|",
            BinaryOp::Power => "** or pow()",
            BinaryOp::Rshift => ">>",
            BinaryOp::Subtract => "-",
            BinaryOp::TrueDivide => "/",
            BinaryOp::Xor => "^",
        }
    }

    const fn inplace_symbol(self) -> &'static str {
        match self {
            BinaryOp::Add => "+=",
            BinaryOp::And => "&=",
            BinaryOp::FloorDivide => "//=",
            BinaryOp::Lshift => "<<=",
            BinaryOp::MatrixMultiply => "@=",
            BinaryOp::Multiply => "*=",
            BinaryOp::Remainder => "%=",
            BinaryOp::Or => "|=",
            BinaryOp::Power => "**=",
            BinaryOp::Rshift => ">>=",
            BinaryOp::Subtract => "-=",
            BinaryOp::TrueDivide => "/=",
            BinaryOp::Xor => "^=",
        }
    }

    /// The slot of every operator but power, which takes three operands.
    fn slot(self, slots: &Slots) -> Slot {
        match self {
            BinaryOp::Add => slots.nb_add,
            BinaryOp::And => slots.nb_and,
            BinaryOp::FloorDivide => slots.nb_floor_divide,
            BinaryOp::Lshift => slots.nb_lshift,
            BinaryOp::MatrixMultiply => slots.nb_matrix_multiply,
            BinaryOp::Multiply => slots.nb_multiply,
            BinaryOp::Remainder => slots.nb_remainder,
            BinaryOp::Or => slots.nb_or,
            BinaryOp::Power => None,
            BinaryOp::Rshift => slots.nb_rshift,
            BinaryOp::Subtract => slots.nb_subtract,
            BinaryOp::TrueDivide => slots.nb_true_divide,
            BinaryOp::Xor => slots.nb_xor,
        }
    }

    fn inplace_slot(self, slots: &Slots) -> Slot {
        match self {
            BinaryOp::Add => slots.nb_inplace_add,
            BinaryOp::And => slots.nb_inplace_and,
            BinaryOp::FloorDivide => slots.nb_inplace_floor_divide,
            BinaryOp::Lshift => slots.nb_inplace_lshift,
            BinaryOp::MatrixMultiply => slots.nb_inplace_matrix_multiply,
            BinaryOp::Multiply => slots.nb_inplace_multiply,
            BinaryOp::Remainder => slots.nb_inplace_remainder,
            BinaryOp::Or => slots.nb_inplace_or,
            BinaryOp::Power => None,
            BinaryOp::Rshift => slots.nb_inplace_rshift,
            BinaryOp::Subtract => slots.nb_inplace_subtract,
            BinaryOp::TrueDivide => slots.nb_inplace_true_divide,
            BinaryOp::Xor => slots.nb_inplace_xor,
        }
    }
}

impl Vm {
    /// `a op b`.
    pub fn binary(&self, op: BinaryOp, a: Value, b: Value) -> PyResult {
        if op == BinaryOp::Power {
            return self.power(a, b, Value::NONE);
        }
        let result = self.try_binary(op, a, b)?;
        if result.is_not_implemented() { self.binary_sequence(op, a, b, op.symbol()) } else { Ok(result) }
    }

    /// `a op= b`: gives the new value of `a`.
    pub fn inplace(&self, op: BinaryOp, a: Value, b: Value) -> PyResult {
        if op == BinaryOp::Power {
            return self.inplace_power(a, b);
        }
        if let Some(slot) = op.inplace_slot(self.slots_of(a)) {
            let result = slot(self, a, b)?;
            if !result.is_not_implemented() {
                return Ok(result);
            }
        }
        let result = self.try_binary(op, a, b)?;
        if !result.is_not_implemented() {
            return Ok(result);
        }
        let slots = self.slots_of(a);
        match op {
            BinaryOp::Add => {
                if let Some(concat) = slots.sq_inplace_concat.or(slots.sq_concat) {
                    return concat(self, a, b);
                }
            }
            BinaryOp::Multiply => {
                if let Some(repeat) = slots.sq_inplace_repeat.or(slots.sq_repeat) {
                    return self.repeat(repeat, a, b);
                }
                if let Some(repeat) = self.slots_of(b).sq_repeat {
                    return self.repeat(repeat, b, a);
                }
            }
            _ => {}
        }
        Err(self.unsupported_operands(op.inplace_symbol(), a, b))
    }

    /// The number slots of both operands in the order that Python gives them: the right one first
    /// when its class derives from the left one's.
    fn try_binary(&self, op: BinaryOp, a: Value, b: Value) -> PyResult {
        let (class_a, class_b) = (self.class_of(a), self.class_of(b));
        let slot_a = op.slot(class_a.slots());
        let mut slot_b = self.other_slot(class_a, class_b, slot_a, |slots| op.slot(slots));
        if let Some(left) = slot_a {
            if let Some(right) = slot_b.take_if(|_| class_b.is_subclass(class_a)) {
                let result = right(self, a, b)?;
                if !result.is_not_implemented() {
                    return Ok(result);
                }
            }
            let result = left(self, a, b)?;
            if !result.is_not_implemented() {
                return Ok(result);
            }
        }
        match slot_b {
            Some(right) => right(self, a, b),
            None => Ok(Value::NOT_IMPLEMENTED),
        }
    }

    /// The right operand's slot, unless it is the left one's as well.
    fn other_slot(&self, a: Gc<PyType>, b: Gc<PyType>, left: Slot, slot: impl Fn(&Slots) -> Slot) -> Slot {
        if a == b {
            return None;
        }
        slot(b.slots()).filter(|&right| left.is_none_or(|left| !std::ptr::fn_addr_eq(left, right)))
    }

    /// `+` and `*` of sequences that are no numbers.
    fn binary_sequence(&self, op: BinaryOp, a: Value, b: Value, symbol: &str) -> PyResult {
        match op {
            BinaryOp::Add => {
                if let Some(concat) = self.slots_of(a).sq_concat {
                    return concat(self, a, b);
                }
            }
            BinaryOp::Multiply => {
                if let Some(repeat) = self.slots_of(a).sq_repeat {
                    return self.repeat(repeat, a, b);
                }
                if let Some(repeat) = self.slots_of(b).sq_repeat {
                    return self.repeat(repeat, b, a);
                }
            }
            _ => {}
        }
        Err(self.unsupported_operands(symbol, a, b))
    }

    fn repeat(&self, repeat: fn(&Vm, Value, isize) -> PyResult, sequence: Value, count: Value) -> PyResult {
        if self.slots_of(count).nb_index.is_none() {
            let name = self.class_name(count);
            return Err(self.type_error(format_args!("can't multiply sequence by non-int of type '{name}'")));
        }
        repeat(self, sequence, self.index_to_isize(count, self.exceptions().OverflowError)?)
    }

    #[cold]
    fn unsupported_operands(&self, symbol: &str, a: Value, b: Value) -> crate::Raised {
        let (left, right) = (self.class_name(a), self.class_name(b));
        let hint = if symbol == ">>" && self.is_builtin_print(a) {
            ". Did you mean \"print(<message>, file=<output_stream>)\"?"
        } else {
            ""
        };
        self.type_error(format_args!("unsupported operand type(s) for {symbol}: '{left}' and '{right}'{hint}"))
    }

    fn is_builtin_print(&self, value: Value) -> bool {
        self.cast_exact::<crate::types::descriptors::PyBuiltinFunction>(value)
            .is_some_and(|function| function.def.name == "print")
    }

    /// `pow(base, exponent, modulus)`, or `base ** exponent` with a modulus of `None`.
    pub fn power(&self, base: Value, exponent: Value, modulus: Value) -> PyResult {
        let result = self.try_power(base, exponent, modulus)?;
        if !result.is_not_implemented() {
            return Ok(result);
        }
        if modulus.is_none() {
            return Err(self.unsupported_operands("** or pow()", base, exponent));
        }
        let (a, b, c) = (self.class_name(base), self.class_name(exponent), self.class_name(modulus));
        Err(self.type_error(format_args!("unsupported operand type(s) for ** or pow(): '{a}', '{b}', '{c}'")))
    }

    fn try_power(&self, base: Value, exponent: Value, modulus: Value) -> PyResult {
        let classes = [base, exponent, modulus].map(|operand| self.class_of(operand));
        let mut slots = classes.map(|class| class.slots().nb_power);
        // A slot that several operands share is tried once.
        for i in 1..3 {
            let shared = (0..i).any(|j| match (slots[i], slots[j]) {
                (Some(a), Some(b)) => std::ptr::fn_addr_eq(a, b),
                _ => false,
            });
            if shared {
                slots[i] = None;
            }
        }
        if slots[0].is_some() && slots[1].is_some() && classes[1].is_subclass(classes[0]) {
            slots.swap(0, 1);
        }
        for slot in slots.into_iter().flatten() {
            let result = slot(self, base, exponent, modulus)?;
            if !result.is_not_implemented() {
                return Ok(result);
            }
        }
        Ok(Value::NOT_IMPLEMENTED)
    }

    fn inplace_power(&self, base: Value, exponent: Value) -> PyResult {
        if let Some(slot) = self.slots_of(base).nb_inplace_power {
            let result = slot(self, base, exponent, Value::NONE)?;
            if !result.is_not_implemented() {
                return Ok(result);
            }
        }
        let result = self.try_power(base, exponent, Value::NONE)?;
        if result.is_not_implemented() { Err(self.unsupported_operands("**=", base, exponent)) } else { Ok(result) }
    }

    /// `divmod(a, b)`.
    pub fn divmod(&self, a: Value, b: Value) -> PyResult {
        let (class_a, class_b) = (self.class_of(a), self.class_of(b));
        let left = class_a.slots().nb_divmod;
        let mut right = self.other_slot(class_a, class_b, left, |slots| slots.nb_divmod);
        if let (Some(_), Some(slot)) = (left, right.take_if(|_| left.is_some() && class_b.is_subclass(class_a))) {
            let result = slot(self, a, b)?;
            if !result.is_not_implemented() {
                return Ok(result);
            }
        }
        for slot in [left, right].into_iter().flatten() {
            let result = slot(self, a, b)?;
            if !result.is_not_implemented() {
                return Ok(result);
            }
        }
        Err(self.unsupported_operands("divmod()", a, b))
    }
}
