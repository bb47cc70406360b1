//! Warnings about code that cannot be meant: identity of literals, calls and subscripts of
//! literals that look like a missing comma.

use super::Compiler;
use crate::errors::Fallible;
use kaa_ast::{CmpOp, Constant, Expr, ExprKind, ExprRef};

impl<'a> Compiler<'_, '_, 'a> {
    /// Warns of `is` with a literal.
    pub(super) fn check_comparison(
        &mut self,
        expression: ExprRef<'a>,
        left: ExprRef<'a>,
        ops: &'a [CmpOp],
        comparators: &'a [Expr<'a>],
    ) -> Fallible {
        let mut left = left;
        for (&op, right) in ops.iter().zip(comparators) {
            if matches!(op, CmpOp::Is | CmpOp::IsNot) {
                let literal = [left, right].into_iter().find(|operand| is_literal(operand));
                if let Some(type_name) = literal.and_then(inferred_type) {
                    let (operator, instead) = if op == CmpOp::Is { ("is", "==") } else { ("is not", "!=") };
                    let message = format!("\"{operator}\" with '{type_name}' literal. Did you mean \"{instead}\"?");
                    return self.warn(message, expression.span);
                }
            }
            left = right;
        }
        Ok(())
    }

    /// Warns of a call of what is surely not callable.
    pub(super) fn check_callee(&mut self, callee: ExprRef<'a>) -> Fallible {
        if matches!(callee.kind, ExprKind::Lambda { .. }) {
            return Ok(());
        }
        let Some(type_name) = inferred_type(callee) else { return Ok(()) };
        let message = format!("'{type_name}' object is not callable; perhaps you missed a comma?");
        self.warn(message, callee.span)
    }

    /// Warns of a subscript of what surely has none.
    pub(super) fn check_subscripter(&mut self, object: ExprRef<'a>) -> Fallible {
        let suspicious = match object.kind {
            ExprKind::Constant { value, .. } => matches!(
                value,
                Constant::None
                    | Constant::Ellipsis
                    | Constant::Bool(_)
                    | Constant::Int(_)
                    | Constant::BigInt(_)
                    | Constant::Float(_)
                    | Constant::Complex { .. }
                    | Constant::FrozenSet(_)
            ),
            ExprKind::Set { .. }
            | ExprKind::SetComp { .. }
            | ExprKind::GeneratorExp { .. }
            | ExprKind::TemplateStr { .. }
            | ExprKind::Interpolation { .. }
            | ExprKind::Lambda { .. } => true,
            _ => false,
        };
        match inferred_type(object) {
            Some(type_name) if suspicious => {
                let message = format!("'{type_name}' object is not subscriptable; perhaps you missed a comma?");
                self.warn(message, object.span)
            }
            _ => Ok(()),
        }
    }

    /// Warns of an index of a sequence that is surely neither an integer nor a slice.
    pub(super) fn check_index(&mut self, object: ExprRef<'a>, index: ExprRef<'a>) -> Fallible {
        let Some(index_type) = inferred_type(index) else { return Ok(()) };
        if matches!(index_type, "int" | "bool") {
            return Ok(());
        }
        let is_sequence = match object.kind {
            ExprKind::Constant { value, .. } => {
                matches!(value, Constant::Str(_) | Constant::Bytes(_) | Constant::Tuple(_))
            }
            ExprKind::Tuple { .. }
            | ExprKind::List { .. }
            | ExprKind::ListComp { .. }
            | ExprKind::JoinedStr { .. }
            | ExprKind::FormattedValue { .. } => true,
            _ => false,
        };
        match inferred_type(object) {
            Some(type_name) if is_sequence => {
                let message = format!(
                    "{type_name} indices must be integers or slices, not {index_type}; perhaps you missed a comma?"
                );
                self.warn(message, object.span)
            }
            _ => Ok(()),
        }
    }
}

/// Whether comparing by identity with an operand is surely a mistake.
fn is_literal(expression: ExprRef<'_>) -> bool {
    match expression.kind {
        ExprKind::Tuple { elts, .. } => elts.iter().all(|element| matches!(element.kind, ExprKind::Constant { .. })),
        ExprKind::Constant { value, .. } => !matches!(value, Constant::None | Constant::Bool(_) | Constant::Ellipsis),
        _ => false,
    }
}

/// The name of the type that an expression surely has.
fn inferred_type(expression: ExprRef<'_>) -> Option<&'static str> {
    Some(match expression.kind {
        ExprKind::Tuple { .. } => "tuple",
        ExprKind::List { .. } | ExprKind::ListComp { .. } => "list",
        ExprKind::Dict { .. } | ExprKind::DictComp { .. } => "dict",
        ExprKind::Set { .. } | ExprKind::SetComp { .. } => "set",
        ExprKind::GeneratorExp { .. } => "generator",
        ExprKind::Lambda { .. } => "function",
        ExprKind::JoinedStr { .. } | ExprKind::FormattedValue { .. } => "str",
        ExprKind::TemplateStr { .. } => "string.templatelib.Template",
        ExprKind::Interpolation { .. } => "string.templatelib.Interpolation",
        ExprKind::Constant { value, .. } => match value {
            Constant::None => "NoneType",
            Constant::Bool(_) => "bool",
            Constant::Ellipsis => "ellipsis",
            Constant::Str(_) => "str",
            Constant::Bytes(_) => "bytes",
            Constant::Int(_) | Constant::BigInt(_) => "int",
            Constant::Float(_) => "float",
            Constant::Complex { .. } => "complex",
            Constant::Tuple(_) => "tuple",
            Constant::FrozenSet(_) => "frozenset",
        },
        _ => return None,
    })
}
