//! Annotations (PEP 649): they are evaluated by functions `__annotate__` when they are asked for;
//! with the annotations future they are strings.

use super::unit::{DeferredAnnotation, ScopeKind};
use super::{Compiler, operands};
use crate::errors::Fallible;
use crate::symtable::{BlockId, BlockKind, BlockRole, key};
use crate::unparse;
use kaa_ast::{Arg, Arguments, CmpOp, ExprContext, ExprKind, ExprRef, Name, Span};
use kaa_bytecode::{Constant, Opcode};
use std::sync::Arc;

/// `annotationlib.Format.VALUE_WITH_FAKE_GLOBALS`: the highest format that compiled functions know.
const VALUE_WITH_FAKE_GLOBALS: usize = 2;

impl<'a> Compiler<'_, '_, 'a> {
    /// Begins a function that evaluates annotations: for a format it does not know it raises
    /// `NotImplementedError`.
    pub(super) fn enter_annotations(&mut self, name: Name, block: BlockId, span: Span) {
        self.enter_block(name, ScopeKind::Annotations, block, span.line, None);
        self.unit.metadata.posonlyargcount = 1;
        let body = self.new_label();
        self.emit_arg(Opcode::LoadFast, 0, span);
        self.load_int(VALUE_WITH_FAKE_GLOBALS, span);
        self.compare_operator(CmpOp::Gt, span);
        self.emit_jump(Opcode::PopJumpIfFalse, body, span);
        self.emit_arg(Opcode::LoadCommonConstant, operands::common::NOT_IMPLEMENTED_ERROR, span);
        self.emit_arg(Opcode::RaiseVarargs, 1, span);
        self.use_label(body);
    }

    /// Ends `__annotate__` with the dictionary on the stack and makes the function.
    fn leave_annotations(&mut self, span: Span) -> Fallible {
        self.emit(Opcode::ReturnValue, span);
        self.add_return(true);
        let (mut code, free) = self.leave()?;
        // Inside, the parameter must not hide a variable `format`; outside it is called so.
        let others = code.localsplusnames.iter().skip(1);
        let names = [self.text(self.names.known.format).as_bytes()].into_iter().chain(others).collect();
        Arc::make_mut(&mut code).localsplusnames = names;
        self.make_function(code, &free, 0, span);
        Ok(())
    }

    /// Pushes the function that evaluates the annotations of a function, if it has any; answers
    /// with its bit.
    pub(super) fn function_annotations(
        &mut self,
        args: &'a Arguments<'a>,
        returns: Option<ExprRef<'a>>,
        span: Span,
    ) -> Fallible<u32> {
        let block = self.table.lookup(key(args, BlockRole::Annotations));
        if !self.table.block(block).annotations_used {
            return Ok(0);
        }
        self.enter_annotations(self.names.known.annotate, block, span);
        let mut count = 0;
        let positional = args.args.iter().chain(args.posonlyargs);
        for arg in positional.chain(args.vararg).chain(args.kwonlyargs).chain(args.kwarg) {
            let Arg { arg, annotation, .. } = *arg;
            count += self.item_annotation(arg, annotation, span)?;
        }
        count += self.item_annotation(self.names.known.return_annotation, returns, span)?;
        self.emit_arg(Opcode::BuildMap, count, span);
        self.leave_annotations(span)?;
        Ok(operands::function::ANNOTATE)
    }

    /// The name and value of one annotation of a function; answers with how many there are.
    fn item_annotation(&mut self, name: Name, annotation: Option<ExprRef<'a>>, span: Span) -> Fallible<u32> {
        let Some(annotation) = annotation else { return Ok(0) };
        let name = self.mangle(name);
        self.load_name_text(name, span);
        if self.future.annotations() {
            self.annotation_text(annotation)?;
        } else if let ExprKind::Starred { value, .. } = annotation.kind {
            // `*args: *Ts` means the only item of `[*Ts]`.
            self.expression(value)?;
            self.emit_arg(Opcode::UnpackSequence, 1, span);
        } else {
            self.expression(annotation)?;
        }
        Ok(1)
    }

    /// Loads an annotation as a string.
    pub(super) fn annotation_text(&mut self, annotation: ExprRef<'a>) -> Fallible {
        let text = unparse::expression(annotation, self.names.interner, self.guard)?;
        self.load_constant(Constant::Str(text.into()), annotation.span);
        Ok(())
    }

    /// Remembers the annotation of a variable of a class or module. One whose evaluation depends
    /// on a condition is marked at run time when control passes it.
    pub(super) fn defer_annotation(&mut self, name: Name, annotation: ExprRef<'a>, span: Span) {
        let is_module = self.unit.kind == ScopeKind::Module;
        let mut conditional_index = None;
        if is_module || self.unit.conditional_blocks > 0 {
            let index = self.unit.next_conditional_annotation;
            self.unit.next_conditional_annotation += 1;
            conditional_index = Some(index);
            let marks = self.names.known.conditional_annotations;
            if is_module {
                self.emit_name(Opcode::LoadName, marks, 0, 0, span);
            } else {
                let arg = self.cell_index(marks);
                self.emit_arg(Opcode::LoadDeref, arg, span);
            }
            self.load_int(index as usize, span);
            self.emit_arg(Opcode::SetAdd, 1, span);
            self.emit(Opcode::PopTop, span);
        }
        self.unit.deferred_annotations.push(DeferredAnnotation { span, name, annotation, conditional_index });
    }

    /// Makes the function that evaluates the annotations of the class or module that ends here. A
    /// module sets it before its first statement, whose code is compiled already: so this goes to
    /// where the placeholder is.
    pub(super) fn deferred_annotations(&mut self, span: Span) -> Fallible {
        let annotations = std::mem::take(&mut self.unit.deferred_annotations);
        let block = self.block();
        let Some(annotation_block) = block.annotation_block.filter(|_| !annotations.is_empty()) else {
            return Ok(());
        };
        let kind = block.kind;
        let known = self.names.known;
        let name = self.table.block(annotation_block).name;
        let body = match kind {
            BlockKind::Module => Some(std::mem::take(&mut self.unit.sequence)),
            _ => None,
        };
        let private = self.unit.private;
        self.enter_annotations(name, annotation_block, span);
        self.emit_arg(Opcode::BuildMap, 0, span);
        for DeferredAnnotation { span: statement, name, annotation, conditional_index } in annotations {
            let not_set = self.new_label();
            if let Some(index) = conditional_index {
                self.load_int(index as usize, statement);
                let marks = known.conditional_annotations;
                if kind == BlockKind::Class {
                    let arg = self.free_index(marks);
                    self.emit_arg(Opcode::LoadDeref, arg, statement);
                } else {
                    self.emit_annotation_marks(marks, statement);
                }
                self.emit_arg(Opcode::ContainsOp, 0, statement);
                self.emit_jump(Opcode::PopJumpIfFalse, not_set, statement);
            }
            self.expression(annotation)?;
            self.emit_arg(Opcode::Copy, 2, statement);
            let mangled = self.names.mangle(private, name);
            self.load_name_text(mangled, statement);
            self.emit(Opcode::StoreSubscr, span);
            self.use_label(not_set);
        }
        self.leave_annotations(span)?;
        let function = if kind == BlockKind::Class { known.annotate_func } else { known.annotate };
        self.variable(function, ExprContext::Store, span);
        if let Some(body) = body {
            let annotations = std::mem::replace(&mut self.unit.sequence, body);
            self.unit.sequence.annotations = Some(annotations.instructions);
        }
        Ok(())
    }

    fn emit_annotation_marks(&mut self, marks: Name, span: Span) {
        let arg = self.unit.metadata.names.insert(marks);
        self.emit_arg(Opcode::LoadGlobal, arg, span);
    }
}
