//! `import` and `from … import`.

use kaa_ast::*;

use super::{Fail, Parse, Parser};
use crate::token::{Kind, Token};

impl<'a> Parser<'a, '_> {
    pub(super) fn import(&mut self) -> Parse<StmtKind<'a>> {
        self.bump();
        let mut names = Vec::new();
        loop {
            let start = self.start();
            let name = self.dotted_name()?;
            names.push(self.alias(start, name)?);
            if !self.eat(Kind::Comma) {
                break;
            }
        }
        Ok(StmtKind::Import { names: self.arena.alloc_slice_copy(&names) })
    }

    /// `as name` after a name that is imported.
    fn alias(&mut self, start: super::Start, name: Name) -> Parse<Alias> {
        let asname = if self.eat(Kind::As) { Some(self.name()?) } else { None };
        Ok(Alias { span: self.span(start), name, asname })
    }

    pub(super) fn import_from(&mut self) -> Parse<StmtKind<'a>> {
        self.bump();
        let mut level = 0;
        loop {
            level += match self.kind() {
                Kind::Dot => 1,
                Kind::Ellipsis => 3,
                _ => break,
            };
            self.bump();
        }
        let module = if level == 0 || self.at(Kind::Name) { Some(self.dotted_name()?) } else { None };
        self.expect(Kind::Import)?;
        let names = self.imported_names()?;
        // One future feature changes the grammar of what follows.
        if module.is_some_and(|module| self.interner.text(module) == "__future__") && level == 0 {
            self.barry |= names.iter().any(|alias| self.interner.text(alias.name) == "barry_as_FLUFL");
        }
        Ok(StmtKind::ImportFrom { module, names, level })
    }

    fn imported_names(&mut self) -> Parse<&'a [Alias]> {
        let start = self.start();
        if self.eat(Kind::Star) {
            let name = self.interner.intern("*");
            let alias = Alias { span: self.span(start), name, asname: None };
            return Ok(self.arena.alloc_slice_copy(&[alias]));
        }
        let parentheses = self.eat(Kind::LParen);
        let mut names = Vec::new();
        loop {
            let start = self.start();
            let name = self.name()?;
            names.push(self.alias(start, name)?);
            if !self.eat(Kind::Comma) {
                break;
            }
            if self.at(Kind::RParen) && parentheses {
                break;
            }
        }
        if parentheses {
            self.expect(Kind::RParen)?;
        }
        Ok(self.arena.alloc_slice_copy(&names))
    }

    /// A dotted name as one.
    fn dotted_name(&mut self) -> Parse<Name> {
        let first = self.token();
        let name = self.name()?;
        if !self.at(Kind::Dot) {
            return Ok(name);
        }
        let from = self.pos - 1;
        while self.eat(Kind::Dot) {
            if !self.at(Kind::Name) {
                return Err(Fail);
            }
            self.bump();
        }
        let parts = &self.tokens[from..self.pos];
        let last = &parts[parts.len() - 1];
        let plain = |pair: &[Token]| pair[0].end == pair[1].start;
        let text = &self.source[first.start as usize..last.end as usize];
        if parts.windows(2).all(plain) && text.is_ascii() {
            return Ok(self.interner.intern(text));
        }
        let names: Vec<_> = parts.iter().step_by(2).map(|token| self.interner.text(token.name())).collect();
        Ok(self.interner.intern(self.arena.alloc_str(&names.join("."))))
    }
}
