//! Type parameters (PEP 695, PEP 696) and type aliases.

use kaa_ast::*;

use super::{Fail, Parse, Parser};
use crate::token::Kind;

impl<'a> Parser<'a, '_> {
    /// `type name[params] = value`; the word and the name are known to be there.
    pub(super) fn type_alias(&mut self) -> Parse<StmtKind<'a>> {
        self.bump();
        let name = self.name_expression(ExprContext::Store)?;
        let type_params = self.type_params()?;
        self.expect(Kind::Equal)?;
        let value = self.expression()?;
        self.since(12, "Type statement is")?;
        Ok(StmtKind::TypeAlias { name, type_params, value })
    }

    /// `[params]`, if there.
    pub(super) fn type_params(&mut self) -> Parse<&'a [TypeParam<'a>]> {
        if !self.eat(Kind::LBracket) {
            return Ok(&[]);
        }
        let mut params = Vec::new();
        loop {
            params.push(self.type_param()?);
            if !self.eat(Kind::Comma) || self.at(Kind::RBracket) {
                break;
            }
        }
        self.expect(Kind::RBracket)?;
        self.since_last(12, "Type parameter lists are")?;
        Ok(self.arena.alloc_slice_copy(&params))
    }

    fn type_param_default(&mut self) -> Parse<Option<ExprRef<'a>>> {
        let default = self.expression_after(Kind::Equal)?;
        if default.is_some() {
            self.since(13, "Type parameter defaults are")?;
        }
        Ok(default)
    }

    fn type_param(&mut self) -> Parse<TypeParam<'a>> {
        let start = self.start();
        let kind = match self.kind() {
            Kind::Name => {
                let name = self.name()?;
                let bound = self.expression_after(Kind::Colon)?;
                TypeParamKind::TypeVar { name, bound, default_value: self.type_param_default()? }
            }
            Kind::Star => {
                self.bump();
                let name = self.name()?;
                let default_value = if self.eat(Kind::Equal) {
                    let default = self.star_expression()?;
                    self.since(13, "Type parameter defaults are")?;
                    Some(default)
                } else {
                    None
                };
                TypeParamKind::TypeVarTuple { name, default_value }
            }
            Kind::DoubleStar => {
                self.bump();
                let name = self.name()?;
                TypeParamKind::ParamSpec { name, default_value: self.type_param_default()? }
            }
            _ => return Err(Fail),
        };
        Ok(TypeParam { span: self.span(start), kind })
    }

    /// An expression if the given token comes first.
    pub(super) fn expression_after(&mut self, kind: Kind) -> Parse<Option<ExprRef<'a>>> {
        if !self.eat(kind) {
            return Ok(None);
        }
        self.expression().map(Some)
    }
}
