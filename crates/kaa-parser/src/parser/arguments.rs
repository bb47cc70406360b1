//! Arguments of calls and classes, parameters of functions and lambdas.

use kaa_ast::*;

use super::{Fail, Parse, Parser, take};
use crate::token::Kind;

impl<'a> Parser<'a, '_> {
    /// Arguments with their parentheses. A call may have a generator expression as its only
    /// argument, which shares them.
    pub(super) fn call_arguments(&mut self, is_call: bool) -> Parse<(&'a [Expr<'a>], &'a [Keyword<'a>])> {
        let open = self.start();
        self.expect(Kind::LParen)?;
        let (args, keywords) = (self.scratch.exprs.len(), self.scratch.keywords.len());
        let mut unpacked_mapping = false;
        while !self.at(Kind::RParen) {
            match self.kind() {
                Kind::Star => {
                    if unpacked_mapping {
                        return Err(Fail);
                    }
                    let argument = self.starred_expression()?;
                    self.scratch.exprs.push(argument);
                }
                Kind::DoubleStar => {
                    unpacked_mapping = true;
                    self.keyword_argument(None)?;
                }
                Kind::Name if self.ahead(1) == Kind::Equal => {
                    let name = self.token().name();
                    self.keyword_argument(Some(name))?;
                }
                _ => {
                    if self.scratch.keywords.len() > keywords {
                        return Err(Fail);
                    }
                    let argument = self.named_expression()?;
                    if is_call && matches!(self.kind(), Kind::For | Kind::Async) && self.scratch.exprs.len() == args {
                        let generators = self.comprehension_clauses()?;
                        self.expect(Kind::RParen)?;
                        let argument = self.expr(open, ExprKind::GeneratorExp { elt: argument, generators });
                        return Ok((std::slice::from_ref(self.arena.alloc(argument)), &[]));
                    }
                    self.scratch.exprs.push(argument);
                }
            }
            if !self.eat(Kind::Comma) {
                break;
            }
        }
        self.expect(Kind::RParen)?;
        let keywords = take!(self, keywords, keywords);
        Ok((self.take_exprs(args), keywords))
    }

    /// `name=value` or `**value`.
    fn keyword_argument(&mut self, arg: Option<Name>) -> Parse<()> {
        let start = self.start();
        self.bump();
        if arg.is_some() {
            self.bump();
        }
        let value = self.expression()?;
        let keyword = Keyword { span: self.span(start), arg, value };
        self.scratch.keywords.push(keyword);
        Ok(())
    }

    /// Parameters of a lambda, up to its colon.
    pub(super) fn lambda_parameters(&mut self) -> Parse<&'a Arguments<'a>> {
        self.parameters(Kind::Colon)
    }

    /// Parameters up to `close`: a colon for lambdas, a parenthesis for functions, which also may
    /// have annotations and type comments.
    pub(super) fn parameters(&mut self, close: Kind) -> Parse<&'a Arguments<'a>> {
        if self.at(close) {
            let none = Arguments {
                posonlyargs: &[],
                args: &[],
                vararg: None,
                kwonlyargs: &[],
                kw_defaults: &[],
                kwarg: None,
                defaults: &[],
            };
            return Ok(self.arena.alloc(none));
        }
        let (args, defaults) = (self.scratch.args.len(), self.scratch.exprs.len());
        let mut posonlyargs: &[Arg] = &[];
        let mut slash = false;
        while !self.at(close) && !matches!(self.kind(), Kind::Star | Kind::DoubleStar) {
            if self.eat(Kind::Slash) {
                if slash || self.scratch.args.len() == args {
                    return Err(Fail);
                }
                slash = true;
                posonlyargs = take!(self, args, args);
                self.parameter_end(close)?;
                self.since(8, "Positional-only parameters are")?;
                continue;
            }
            let arg = self.parameter(close, false)?;
            if self.eat(Kind::Equal) {
                let default = self.expression()?;
                self.scratch.exprs.push(default);
            } else if self.scratch.exprs.len() > defaults {
                return Err(Fail);
            }
            let type_comment = self.parameter_end(close)?;
            self.scratch.args.push(Arg { type_comment, ..arg });
        }
        let args = take!(self, args, args);
        let defaults = self.take_exprs(defaults);
        let mut arguments =
            Arguments { posonlyargs, args, vararg: None, kwonlyargs: &[], kw_defaults: &[], kwarg: None, defaults };
        if self.at(Kind::Star) {
            self.starred_parameters(close, &mut arguments)?;
        }
        if self.eat(Kind::DoubleStar) {
            let arg = self.parameter(close, false)?;
            let type_comment = self.parameter_end(close)?;
            arguments.kwarg = Some(self.arena.alloc(Arg { type_comment, ..arg }));
        }
        if !self.at(close) {
            return Err(Fail);
        }
        Ok(self.arena.alloc(arguments))
    }

    /// `*args` or `*`, and the parameters that are keywords only.
    fn starred_parameters(&mut self, close: Kind, arguments: &mut Arguments<'a>) -> Parse<()> {
        self.expect(Kind::Star)?;
        let bare = self.at(Kind::Comma);
        if bare {
            self.bump();
        } else {
            let arg = self.parameter(close, true)?;
            let type_comment = self.parameter_end(close)?;
            arguments.vararg = Some(self.arena.alloc(Arg { type_comment, ..arg }));
        }
        let (args, defaults) = (self.scratch.args.len(), self.scratch.optional_exprs.len());
        while self.at(Kind::Name) {
            let arg = self.parameter(close, false)?;
            let default = if self.eat(Kind::Equal) { Some(self.expression()?) } else { None };
            self.scratch.optional_exprs.push(default);
            let type_comment = self.parameter_end(close)?;
            self.scratch.args.push(Arg { type_comment, ..arg });
        }
        if bare && self.scratch.args.len() == args {
            return Err(Fail);
        }
        arguments.kwonlyargs = take!(self, args, args);
        arguments.kw_defaults = take!(self, optional_exprs, defaults);
        Ok(())
    }

    /// A name with its annotation; `starred` allows an unpacked annotation.
    fn parameter(&mut self, close: Kind, starred: bool) -> Parse<Arg<'a>> {
        let start = self.start();
        let arg = self.name()?;
        let annotation = if close == Kind::RParen && self.eat(Kind::Colon) {
            let annotation = if starred { self.star_expression()? } else { self.expression()? };
            Some(annotation)
        } else {
            None
        };
        Ok(Arg { span: self.span(start), arg, annotation, type_comment: None })
    }

    /// The comma after a parameter, which only the last may lack, and its type comment.
    fn parameter_end(&mut self, close: Kind) -> Parse<Option<&'a str>> {
        let comma = self.eat(Kind::Comma);
        let comment = if close == Kind::RParen { self.type_comment() } else { None };
        if !comma && !self.at(close) {
            return Err(Fail);
        }
        Ok(comment)
    }

    pub(super) fn type_comment(&mut self) -> Option<&'a str> {
        let token = self.token();
        if token.kind != Kind::TypeComment {
            return None;
        }
        self.bump();
        Some(self.text(token))
    }
}
