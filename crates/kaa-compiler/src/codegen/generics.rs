//! Type parameters of functions, classes and aliases, and the `type` statement.

use super::unit::ScopeKind;
use super::{Compiler, operands};
use crate::errors::Fallible;
use crate::symtable::{BlockRole, key};
use kaa_ast::{ExprContext, ExprKind, ExprRef, FunctionDef, Name, Span, Stmt, TypeParam, TypeParamKind};
use kaa_bytecode::{Constant, Opcode};

use operands::function::{DEFAULTS, KWDEFAULTS};

impl<'a> Compiler<'_, '_, 'a> {
    /// Begins the function that makes type parameters and then what has them.
    pub(super) fn enter_type_params(
        &mut self,
        owner: Name,
        params: &'a [TypeParam<'a>],
        line: i32,
        private: Option<Name>,
    ) {
        let name = format!("<generic parameters of {}>", self.text(owner));
        let name = self.names.intern(&name);
        self.enter(name, ScopeKind::Annotations, key(&params[0], BlockRole::TypeParameters), line, private);
    }

    /// A function with type parameters: made in a function that makes these first and gets the
    /// defaults, which are evaluated outside, as arguments.
    pub(super) fn generic_function(
        &mut self,
        function: &'a FunctionDef<'a>,
        is_async: bool,
        flags: u32,
        line: i32,
        span: Span,
    ) -> Fallible {
        let arguments = (flags & (DEFAULTS | KWDEFAULTS)).count_ones();
        if arguments == 2 {
            self.emit_arg(Opcode::Swap, 2, span);
        }
        self.enter_type_params(function.name, function.type_params, line, None);
        self.unit.metadata.argcount = arguments;
        self.type_params(function.type_params)?;
        for argument in 0..arguments {
            self.emit_arg(Opcode::LoadFast, argument, span);
        }
        let flags = flags | self.function_annotations(function.args, function.returns, span)?;
        self.function_body(function, is_async, flags, line, span)?;
        self.emit_arg(Opcode::Swap, 2, span);
        self.emit_arg(Opcode::CallIntrinsic2, operands::binary::SET_FUNCTION_TYPE_PARAMS, span);
        self.add_return(false);
        let (code, free) = self.leave()?;
        self.make_function(code, &free, 0, span);
        if arguments > 0 {
            self.emit_arg(Opcode::Swap, arguments + 1, span);
            self.emit_arg(Opcode::Call, arguments - 1, span);
        } else {
            self.emit(Opcode::PushNull, span);
            self.emit_arg(Opcode::Call, 0, span);
        }
        Ok(())
    }

    /// Makes the type parameters, binds their names, and leaves a tuple of them.
    pub(super) fn type_params(&mut self, params: &'a [TypeParam<'a>]) -> Fallible {
        let mut seen_default = false;
        for param in params {
            let span = param.span;
            let (name, bound, default, intrinsic) = match param.kind {
                TypeParamKind::TypeVar { name, bound, default_value } => {
                    (name, bound, default_value, operands::unary::TYPEVAR)
                }
                TypeParamKind::TypeVarTuple { name, default_value } => {
                    (name, None, default_value, operands::unary::TYPEVARTUPLE)
                }
                TypeParamKind::ParamSpec { name, default_value } => {
                    (name, None, default_value, operands::unary::PARAMSPEC)
                }
            };
            self.load_name_text(name, span);
            if let Some(bound) = bound {
                self.type_variable_function(param, BlockRole::Bound, name, bound)?;
                let intrinsic = match bound.kind {
                    ExprKind::Tuple { .. } => operands::binary::TYPEVAR_WITH_CONSTRAINTS,
                    _ => operands::binary::TYPEVAR_WITH_BOUND,
                };
                self.emit_arg(Opcode::CallIntrinsic2, intrinsic, span);
            } else {
                self.emit_arg(Opcode::CallIntrinsic1, intrinsic, span);
            }
            if let Some(default) = default {
                seen_default = true;
                self.type_variable_function(param, BlockRole::Default, name, default)?;
                self.emit_arg(Opcode::CallIntrinsic2, operands::binary::SET_TYPEPARAM_DEFAULT, span);
            } else if seen_default {
                let text = self.text(name);
                let message = format!("non-default type parameter '{text}' follows default type parameter");
                return self.error(message, span);
            }
            self.emit_arg(Opcode::Copy, 1, span);
            self.variable(name, ExprContext::Store, span);
        }
        self.emit_arg(Opcode::BuildTuple, params.len() as u32, params[0].span);
        Ok(())
    }

    /// The function that evaluates the bound or default of a type parameter.
    fn type_variable_function(
        &mut self,
        param: &'a TypeParam<'a>,
        role: BlockRole,
        name: Name,
        value: ExprRef<'a>,
    ) -> Fallible {
        let span = value.span;
        self.load_constant(value_format(), span);
        let block = self.table.lookup(key(param, role));
        self.enter_annotations(name, block, span);
        match (param.kind, value.kind) {
            (TypeParamKind::TypeVarTuple { .. }, ExprKind::Starred { value, .. }) => {
                self.expression(value)?;
                self.emit_arg(Opcode::UnpackSequence, 1, span);
            }
            _ => self.expression(value)?,
        }
        self.emit(Opcode::ReturnValue, span);
        self.add_return(true);
        let (code, free) = self.leave()?;
        self.make_function(code, &free, DEFAULTS, span);
        Ok(())
    }

    pub(super) fn type_alias(
        &mut self,
        statement: &'a Stmt<'a>,
        name: ExprRef<'a>,
        type_params: &'a [TypeParam<'a>],
        value: ExprRef<'a>,
    ) -> Fallible {
        let span = statement.span;
        let ExprKind::Name { id: name, .. } = name.kind else {
            return self.error("type alias name must be a name", name.span);
        };
        if type_params.is_empty() {
            self.load_name_text(name, span);
            self.load_none(span);
            self.type_alias_value(statement, name, value)?;
        } else {
            self.enter_type_params(name, type_params, span.line, None);
            self.load_name_text(name, span);
            self.type_params(type_params)?;
            self.type_alias_value(statement, name, value)?;
            self.add_return(false);
            let (code, free) = self.leave()?;
            self.make_function(code, &free, 0, span);
            self.emit(Opcode::PushNull, span);
            self.emit_arg(Opcode::Call, 0, span);
        }
        self.variable(name, ExprContext::Store, span);
        Ok(())
    }

    fn type_alias_value(&mut self, statement: &'a Stmt<'a>, name: Name, value: ExprRef<'a>) -> Fallible {
        let span = statement.span;
        self.load_constant(value_format(), span);
        let block = self.table.lookup(key(statement, BlockRole::Body));
        self.enter_annotations(name, block, span);
        self.expression(value)?;
        self.emit(Opcode::ReturnValue, span);
        self.add_return(false);
        let (code, free) = self.leave()?;
        self.make_function(code, &free, DEFAULTS, span);
        self.emit_arg(Opcode::BuildTuple, 3, span);
        self.emit_arg(Opcode::CallIntrinsic1, operands::unary::TYPEALIAS, span);
        Ok(())
    }
}

/// The default of the parameter of such functions: `annotationlib.Format.VALUE`.
fn value_format() -> Constant {
    Constant::Tuple([Constant::Int(1)].into())
}
