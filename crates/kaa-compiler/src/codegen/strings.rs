//! f-strings and t-strings.

use super::{Compiler, STACK_USE_GUIDELINE, operands};
use crate::errors::{CompileError, ErrorKind, Fallible};
use kaa_ast::{Constant, Expr, ExprKind, ExprRef, Operator, Span};
use kaa_bytecode::Opcode;

impl<'a> Compiler<'_, '_, 'a> {
    pub(super) fn joined_string(&mut self, values: &'a [Expr<'a>], span: Span) -> Fallible {
        if values.len() > STACK_USE_GUIDELINE {
            self.load_name_text(self.names.known.empty, span);
            self.emit_name(Opcode::LoadAttr, self.names.known.join, 1, 1, span);
            self.emit_arg(Opcode::BuildList, 0, span);
            for value in values {
                self.expression(value)?;
                self.emit_arg(Opcode::ListAppend, 1, span);
            }
            self.emit_arg(Opcode::Call, 1, span);
            return Ok(());
        }
        self.expressions(values)?;
        match values.len() {
            0 => self.load_name_text(self.names.known.empty, span),
            1 => {}
            count => self.emit_arg(Opcode::BuildString, count as u32, span),
        }
        Ok(())
    }

    pub(super) fn formatted_value(
        &mut self,
        value: ExprRef<'a>,
        conversion: i32,
        format_spec: Option<ExprRef<'a>>,
        span: Span,
    ) -> Fallible {
        self.expression(value)?;
        if let Some(arg) = conversion_operand(conversion)? {
            self.emit_arg(Opcode::ConvertValue, arg, span);
        }
        match format_spec {
            Some(spec) => {
                self.expression(spec)?;
                self.emit(Opcode::FormatWithSpec, span);
            }
            None => self.emit(Opcode::FormatSimple, span),
        }
        Ok(())
    }

    /// A template: a tuple of its strings, one more than interpolations, and a tuple of these.
    pub(super) fn template_string(&mut self, values: &'a [Expr<'a>], span: Span) -> Fallible {
        let is_interpolation = |value: &Expr<'a>| matches!(value.kind, ExprKind::Interpolation { .. });
        let mut strings = 0;
        let mut parts = values.split_inclusive(is_interpolation).peekable();
        let mut ends_with_string = false;
        while let Some(part) = parts.next() {
            let text = match part.split_last() {
                Some((last, text)) if is_interpolation(last) => text,
                _ => part,
            };
            ends_with_string = parts.peek().is_none() && text.len() == part.len();
            match text.split_first() {
                None => self.load_name_text(self.names.known.empty, span),
                Some((first, more)) => {
                    self.expression(first)?;
                    for value in more {
                        self.expression(value)?;
                        self.emit_arg(Opcode::BinaryOp, operands::inplace_operator(Operator::Add), span);
                    }
                }
            }
            strings += 1;
        }
        if !ends_with_string {
            self.load_name_text(self.names.known.empty, span);
            strings += 1;
        }
        self.emit_arg(Opcode::BuildTuple, strings, span);
        let mut interpolations = 0;
        for value in values.iter().filter(|value| is_interpolation(value)) {
            self.expression(value)?;
            interpolations += 1;
        }
        self.emit_arg(Opcode::BuildTuple, interpolations, span);
        self.emit(Opcode::BuildTemplate, span);
        Ok(())
    }

    pub(super) fn interpolation(
        &mut self,
        value: ExprRef<'a>,
        text: &Constant<'a>,
        conversion: i32,
        format_spec: Option<ExprRef<'a>>,
        span: Span,
    ) -> Fallible {
        self.expression(value)?;
        self.load_ast_constant(text, span);
        let mut arg = 2;
        if let Some(spec) = format_spec {
            arg += 1;
            self.expression(spec)?;
        }
        if let Some(conversion) = conversion_operand(conversion)? {
            arg |= conversion << 2;
        }
        self.emit_arg(Opcode::BuildInterpolation, arg, span);
        Ok(())
    }
}

/// `!s`, `!r`, `!a` as the argument of `CONVERT_VALUE`.
fn conversion_operand(conversion: i32) -> Fallible<Option<u32>> {
    Ok(match u8::try_from(conversion) {
        Ok(b's') => Some(1),
        Ok(b'r') => Some(2),
        Ok(b'a') => Some(3),
        _ if conversion == -1 => None,
        _ => {
            let message = format!("Unrecognized conversion character {conversion}");
            return Err(Box::new(CompileError::new(ErrorKind::System, message)));
        }
    })
}
