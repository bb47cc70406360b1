//! Classes.

use super::unit::ScopeKind;
use super::{Compiler, operands};
use crate::errors::Fallible;
use crate::symtable::{BlockRole, key};
use kaa_ast::{ClassDef, ExprContext, ExprKind, ExprRef, Name, Span};
use kaa_bytecode::{Constant, Opcode};

impl<'a> Compiler<'_, '_, 'a> {
    pub(super) fn class(&mut self, class: &'a ClassDef<'a>, span: Span) -> Fallible {
        self.expressions(class.decorator_list)?;
        let line = class.decorator_list.first().map_or(span.line, |decorator| decorator.span.line);
        if class.type_params.is_empty() {
            self.class_body(class, line, span)?;
            self.call_arguments(2, class.bases, None, class.keywords, span)?;
        } else {
            self.generic_class(class, line, span)?;
        }
        self.apply_decorators(class.decorator_list);
        self.variable(class.name, ExprContext::Store, span);
        Ok(())
    }

    /// Compiles the body and pushes what `__build_class__` takes first: the function that executes
    /// it, and the name.
    fn class_body(&mut self, class: &'a ClassDef<'a>, line: i32, span: Span) -> Fallible {
        let known = self.names.known;
        self.enter(class.name, ScopeKind::Class, key(class, BlockRole::Body), line, Some(class.name));
        let start = Span::new(line, 0, line, 0);
        self.variable(known.dunder_name, ExprContext::Load, start);
        self.variable(known.module, ExprContext::Store, start);
        let qualname = self.unit.metadata.qualname.as_bytes().into();
        self.load_constant(Constant::Str(qualname), start);
        self.variable(known.qualname, ExprContext::Store, start);
        self.load_constant(Constant::Int(i64::from(line)), start);
        self.variable(known.firstlineno, ExprContext::Store, start);
        if !class.type_params.is_empty() {
            self.variable(known.type_params_variable, ExprContext::Load, start);
            self.variable(known.type_params, ExprContext::Store, start);
        }
        if self.block().needs_classdict {
            self.emit(Opcode::LoadLocals, start);
            let arg = self.cell_index(known.classdict);
            self.emit_arg(Opcode::StoreDeref, arg, start);
        }
        if self.block().has_conditional_annotations {
            self.emit_arg(Opcode::BuildSet, 0, start);
            let arg = self.cell_index(known.conditional_annotations);
            self.emit_arg(Opcode::StoreDeref, arg, start);
        }
        self.body(class.body, start)?;
        self.end_class_body()?;
        let (code, free) = self.leave()?;

        // From here on the position is that of the class, not of a decorator.
        self.emit(Opcode::LoadBuildClass, span);
        self.emit(Opcode::PushNull, span);
        self.make_function(code, &free, 0, span);
        self.load_name_text(class.name, span);
        Ok(())
    }

    /// Stores what the class needs besides its own names, and returns the cell of `__class__`.
    fn end_class_body(&mut self) -> Fallible {
        let known = self.names.known;
        let mut attributes = std::mem::take(&mut self.unit.static_attributes);
        attributes.sort_unstable_by_key(|&name| self.text(name));
        attributes.dedup();
        let attributes = self.names_constant(attributes.into_iter());
        self.load_constant(attributes, Span::NONE);
        self.variable(known.static_attributes, ExprContext::Store, Span::NONE);
        if self.block().needs_classdict {
            let arg = self.cell_index(known.classdict);
            self.emit_arg(Opcode::LoadClosure, arg, Span::NONE);
            self.variable(known.classdictcell, ExprContext::Store, Span::NONE);
        }
        if self.block().needs_class_closure {
            let arg = self.cell_index(known.class);
            self.emit_arg(Opcode::LoadClosure, arg, Span::NONE);
            self.emit_arg(Opcode::Copy, 1, Span::NONE);
            self.variable(known.classcell, ExprContext::Store, Span::NONE);
        } else {
            self.load_none(Span::NONE);
        }
        self.emit(Opcode::ReturnValue, Span::NONE);
        self.add_return(true);
        Ok(())
    }

    /// A class with type parameters: made in a function that makes these first.
    fn generic_class(&mut self, class: &'a ClassDef<'a>, line: i32, span: Span) -> Fallible {
        let known = self.names.known;
        self.enter_type_params(class.name, class.type_params, line, Some(class.name));
        self.type_params(class.type_params)?;
        self.variable(known.type_params_variable, ExprContext::Store, span);
        self.class_body(class, line, span)?;
        self.variable(known.type_params_variable, ExprContext::Load, span);
        self.emit_arg(Opcode::CallIntrinsic1, operands::unary::SUBSCRIPT_GENERIC, span);
        self.variable(known.generic_base, ExprContext::Store, span);
        self.call_arguments(2, class.bases, Some(known.generic_base), class.keywords, span)?;
        self.add_return(false);
        let (code, free) = self.leave()?;
        self.make_function(code, &free, 0, span);
        self.emit(Opcode::PushNull, span);
        self.emit_arg(Opcode::Call, 0, span);
        Ok(())
    }

    /// `self.x = …` in a method: `x` becomes an attribute that the class knows of.
    pub(super) fn note_static_attribute(&mut self, object: ExprRef<'a>, attribute: Name) {
        let ExprKind::Name { id, .. } = object.kind else { return };
        if id != self.names.known.self_name {
            return;
        }
        if let Some(class) = self.parents.iter_mut().rev().find(|unit| unit.kind == ScopeKind::Class) {
            class.static_attributes.push(attribute);
        }
    }
}
