//! `import` and `from … import`.

use super::{Compiler, operands};
use kaa_ast::{Alias, ExprContext, Name, Span};
use kaa_bytecode::{Constant, Opcode};

impl<'a> Compiler<'_, '_, 'a> {
    pub(super) fn import(&mut self, aliases: &'a [Alias], span: Span) {
        for alias in aliases {
            self.load_constant(Constant::Int(0), span);
            self.load_none(span);
            self.emit_name(Opcode::ImportName, alias.name, 0, 0, span);
            let text = self.text(alias.name);
            match (alias.asname, text.split_once('.')) {
                (Some(name), Some((_, path))) => self.import_as(path, name, span),
                (Some(name), None) => self.variable(name, ExprContext::Store, span),
                // `import a.b` binds `a`.
                (None, Some((package, _))) => {
                    let package = self.names.intern(package);
                    self.variable(package, ExprContext::Store, span);
                }
                (None, None) => self.variable(alias.name, ExprContext::Store, span),
            }
        }
    }

    /// `import a.b.c as d`: from the package on the stack to the module that `path` names.
    fn import_as(&mut self, path: &str, name: Name, span: Span) {
        for (index, attribute) in path.split('.').enumerate() {
            if index > 0 {
                self.emit_arg(Opcode::Swap, 2, span);
                self.emit(Opcode::PopTop, span);
            }
            let attribute = self.names.intern(attribute);
            let arg = self.unit.metadata.names.insert(attribute);
            self.emit_arg(Opcode::ImportFrom, arg, span);
        }
        self.variable(name, ExprContext::Store, span);
        self.emit(Opcode::PopTop, span);
    }

    pub(super) fn import_from(&mut self, module: Option<Name>, aliases: &'a [Alias], level: u32, span: Span) {
        self.load_constant(Constant::Int(i64::from(level)), span);
        let names = self.names_constant(aliases.iter().map(|alias| alias.name));
        self.load_constant(names, span);
        let module = module.unwrap_or(self.names.known.empty);
        self.emit_name(Opcode::ImportName, module, 0, 0, span);
        for alias in aliases {
            if alias.name == self.names.known.star {
                self.emit_arg(Opcode::CallIntrinsic1, operands::unary::IMPORT_STAR, span);
                self.emit(Opcode::PopTop, Span::NONE);
                return;
            }
            self.emit_name(Opcode::ImportFrom, alias.name, 0, 0, span);
            self.variable(alias.asname.unwrap_or(alias.name), ExprContext::Store, span);
        }
        self.emit(Opcode::PopTop, span);
    }
}
