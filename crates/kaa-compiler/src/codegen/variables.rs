//! Loading, storing and deleting variables.

use super::Compiler;
use super::unit::ScopeKind;
use crate::symtable::{BlockKind, Scope};
use kaa_ast::{ExprContext, Name, Span};
use kaa_bytecode::Opcode;

impl Compiler<'_, '_, '_> {
    /// Loads, stores or deletes a variable as its scope asks for.
    pub(super) fn variable(&mut self, name: Name, context: ExprContext, span: Span) {
        let name = self.mangle(name);
        if context == ExprContext::Load
            && let Some((opcode, arg)) = self.loads.get(self.unit.loads, name)
        {
            return self.emit_arg(opcode, arg, span);
        }
        let scope = self.block().scope(name);
        match scope {
            Scope::Local if self.is_fast(name) => {
                let opcode = match context {
                    ExprContext::Load => Opcode::LoadFast,
                    ExprContext::Store => Opcode::StoreFast,
                    ExprContext::Del => Opcode::DeleteFast,
                };
                let arg = self.unit.metadata.varnames.insert(name);
                self.loads.set(self.unit.loads, name, Opcode::LoadFast, arg);
                self.emit_arg(opcode, arg, span);
            }
            Scope::Free | Scope::Cell => self.cell_variable(name, scope, context, span),
            Scope::GlobalExplicit => self.global_variable(name, false, context, span),
            Scope::GlobalImplicit if self.block().is_function_like() => {
                self.global_variable(name, true, context, span);
            }
            Scope::GlobalImplicit | Scope::Local | Scope::Unknown => {
                let arg = self.unit.metadata.names.insert(name);
                match context {
                    // An inlined comprehension does not see the names of its class.
                    ExprContext::Load if self.block().kind == BlockKind::Class && self.in_inlined_comprehension() => {
                        self.emit_arg(Opcode::LoadGlobal, arg << 1, span);
                    }
                    ExprContext::Load => self.load(name, Opcode::LoadName, arg, span),
                    ExprContext::Store => self.emit_arg(Opcode::StoreName, arg, span),
                    ExprContext::Del => self.emit_arg(Opcode::DeleteName, arg, span),
                }
            }
        }
    }

    /// Loads a variable in a way that holds for the rest of the scope.
    fn load(&mut self, name: Name, opcode: Opcode, arg: u32, span: Span) {
        self.loads.set(self.unit.loads, name, opcode, arg);
        self.emit_arg(opcode, arg, span);
    }

    /// Whether a local name is a fast local of the current unit.
    fn is_fast(&self, name: Name) -> bool {
        self.block().is_function_like() || self.unit.fast_locals.contains(&name)
    }

    pub(super) fn in_inlined_comprehension(&self) -> bool {
        self.unit.inlined_comprehensions > 0
    }

    fn cell_variable(&mut self, name: Name, scope: Scope, context: ExprContext, span: Span) {
        let arg = if scope == Scope::Cell { self.cell_index(name) } else { self.free_index(name) };
        let opcode = match context {
            ExprContext::Load if self.block().kind == BlockKind::Class && !self.in_inlined_comprehension() => {
                self.emit(Opcode::LoadLocals, span);
                Opcode::LoadFromDictOrDeref
            }
            ExprContext::Load if self.block().can_see_class_scope => {
                self.load_class_namespace(span);
                Opcode::LoadFromDictOrDeref
            }
            ExprContext::Load => Opcode::LoadDeref,
            ExprContext::Store => Opcode::StoreDeref,
            ExprContext::Del => Opcode::DeleteDeref,
        };
        self.emit_arg(opcode, arg, span);
    }

    fn global_variable(&mut self, name: Name, implicit: bool, context: ExprContext, span: Span) {
        let arg = self.unit.metadata.names.insert(name);
        match context {
            ExprContext::Load if implicit && self.block().can_see_class_scope => {
                self.load_class_namespace(span);
                self.emit_arg(Opcode::LoadFromDictOrGlobals, arg, span);
            }
            ExprContext::Load => self.load(name, Opcode::LoadGlobal, arg << 1, span),
            ExprContext::Store => self.emit_arg(Opcode::StoreGlobal, arg, span),
            ExprContext::Del => self.emit_arg(Opcode::DeleteGlobal, arg, span),
        }
    }

    /// Loads the namespace of the class around an annotation scope.
    fn load_class_namespace(&mut self, span: Span) {
        let arg = self.free_index(self.names.known.classdict);
        self.emit_arg(Opcode::LoadDeref, arg, span);
    }

    /// The number of a cell variable.
    pub(super) fn cell_index(&mut self, name: Name) -> u32 {
        position(&mut self.unit.metadata.cellvars, name)
    }

    /// The number of a free variable; they are numbered behind the cells.
    pub(super) fn free_index(&mut self, name: Name) -> u32 {
        self.unit.metadata.cellvars.len() as u32 + position(&mut self.unit.metadata.freevars, name)
    }

    /// The number of the variable whose cell a function made in the current unit closes over.
    pub(super) fn closure_index(&mut self, name: Name) -> u32 {
        let known = &self.names.known;
        let provided = [known.class, known.classdict, known.conditional_annotations];
        let by_class = self.unit.kind == ScopeKind::Class && provided.contains(&name);
        if by_class || self.block().scope(name) == Scope::Cell { self.cell_index(name) } else { self.free_index(name) }
    }
}

fn position(names: &mut Vec<Name>, name: Name) -> u32 {
    let position = names.iter().position(|&other| other == name).unwrap_or_else(|| {
        names.push(name);
        names.len() - 1
    });
    position as u32
}
