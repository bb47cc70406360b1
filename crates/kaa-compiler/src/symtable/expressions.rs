//! What expressions mean for the symbol table.

use super::build::{Builder, error};
use super::{BlockKind, BlockRole, Comprehension as Kind, def, key};
use crate::errors::Fallible;
use kaa_ast::{Comprehension, Expr, ExprContext, ExprKind, ExprRef, Keyword, Name, Span};

impl<'a> Builder<'_, '_, 'a> {
    /// Most expressions are names and constants: they need no call of their own.
    #[inline]
    pub(super) fn expression(&mut self, expression: ExprRef<'a>) -> Fallible {
        match expression.kind {
            ExprKind::Name { id, ctx } => self.name(id, ctx, expression.span),
            ExprKind::Constant { .. } => Ok(()),
            _ => self.compound_expression(expression),
        }
    }

    fn compound_expression(&mut self, expression: ExprRef<'a>) -> Fallible {
        self.guard.check()?;
        let span = expression.span;
        match expression.kind {
            ExprKind::Name { .. } | ExprKind::Constant { .. } => self.expression(expression),
            ExprKind::Attribute { value, attr, ctx } => {
                self.check_name(attr, span, ctx)?;
                self.expression(value)
            }
            ExprKind::Call { func, args, keywords } => {
                self.expression(func)?;
                self.expressions(args)?;
                self.keywords(keywords)
            }
            ExprKind::BinOp { .. } => self.binary_operations(expression),
            ExprKind::NamedExpr { target, value } => {
                self.refuse_in_annotation("named expression", span)?;
                self.named_expression(target, value, span)
            }
            ExprKind::BoolOp { values, .. } => self.expressions(values),
            ExprKind::UnaryOp { operand, .. } => self.expression(operand),
            ExprKind::Lambda { args, body } => {
                self.defaults(args)?;
                let name = self.names.known.symtable_lambda;
                self.enter(name, BlockKind::Function, Some(key(expression, BlockRole::Body)), span)?;
                self.arguments(args)?;
                self.expression(body)?;
                self.exit();
                Ok(())
            }
            ExprKind::IfExp { test, body, orelse } => {
                self.expression(test)?;
                self.expression(body)?;
                self.expression(orelse)
            }
            ExprKind::Dict { keys, values } => {
                keys.iter().flatten().try_for_each(|key| self.expression(key))?;
                self.expressions(values)
            }
            ExprKind::Set { elts } | ExprKind::List { elts, .. } | ExprKind::Tuple { elts, .. } => {
                self.expressions(elts)
            }
            ExprKind::GeneratorExp { elt, generators } => {
                self.comprehension(expression, Kind::Generator, generators, elt, None)
            }
            ExprKind::ListComp { elt, generators } => self.comprehension(expression, Kind::List, generators, elt, None),
            ExprKind::SetComp { elt, generators } => self.comprehension(expression, Kind::Set, generators, elt, None),
            ExprKind::DictComp { key, value, generators } => {
                self.comprehension(expression, Kind::Dict, generators, key, Some(value))
            }
            ExprKind::Yield { value } => self.yields(value, span),
            ExprKind::YieldFrom { value } => self.yields(Some(value), span),
            ExprKind::Await { value } => self.awaits(value, span),
            ExprKind::Compare { left, comparators, .. } => {
                self.expression(left)?;
                self.expressions(comparators)
            }
            ExprKind::FormattedValue { value, format_spec, .. }
            | ExprKind::Interpolation { value, format_spec, .. } => {
                self.expression(value)?;
                self.optional_expression(format_spec)
            }
            ExprKind::JoinedStr { values } | ExprKind::TemplateStr { values } => self.expressions(values),
            ExprKind::Subscript { value, slice, .. } => {
                self.expression(value)?;
                self.expression(slice)
            }
            ExprKind::Starred { value, .. } => self.expression(value),
            ExprKind::Slice { lower, upper, step } => {
                self.optional_expression(lower)?;
                self.optional_expression(upper)?;
                self.optional_expression(step)
            }
        }
    }

    fn name(&mut self, id: Name, ctx: ExprContext, span: Span) -> Fallible {
        if self.block().in_unevaluated_annotation {
            return Ok(());
        }
        let flag = if ctx == ExprContext::Load { def::USE } else { def::LOCAL };
        self.define_in_context(id, flag, span, ctx)?;
        // `super` counts as a use of `__class__`.
        let known = self.names.known;
        if id == known.super_name && ctx == ExprContext::Load && self.block().is_function_like() {
            self.define(known.class, def::USE, span)?;
        }
        Ok(())
    }

    /// A binary operation: those that lean to the left, like a long sum, without recursion.
    fn binary_operations(&mut self, expression: ExprRef<'a>) -> Fallible {
        let base = self.spine.len();
        let mut innermost = expression;
        while let ExprKind::BinOp { left, .. } = innermost.kind {
            self.spine.push(innermost);
            innermost = left;
        }
        self.expression(innermost)?;
        while self.spine.len() > base
            && let Some(&Expr { kind: ExprKind::BinOp { right, .. }, .. }) = self.spine.pop()
        {
            self.expression(right)?;
        }
        Ok(())
    }

    pub(super) fn keywords(&mut self, keywords: &'a [Keyword<'a>]) -> Fallible {
        for keyword in keywords {
            if let Some(name) = keyword.arg {
                self.check_name(name, keyword.span, ExprContext::Store)?;
            }
        }
        keywords.iter().try_for_each(|keyword| self.expression(keyword.value))
    }

    fn named_expression(&mut self, target: ExprRef<'a>, value: ExprRef<'a>, span: Span) -> Fallible {
        if self.block().comp_iter_expr > 0 {
            let message = "assignment expression cannot be used in a comprehension iterable expression";
            return Err(error(message, span));
        }
        if self.block().comprehension.is_some() {
            self.bind_outside_comprehensions(target)?;
        }
        self.expression(value)?;
        self.expression(target)
    }

    /// The target of a named expression inside a comprehension is bound in the nearest block that
    /// is not one.
    fn bind_outside_comprehensions(&mut self, target: ExprRef<'a>) -> Fallible {
        let ExprKind::Name { id, .. } = target.kind else {
            return Err(error("assignment expression target must be a name", target.span));
        };
        let span = target.span;
        for position in (0..self.stack.len()).rev() {
            let outer = self.stack[position];
            let kind = self.table.block(outer).kind;
            if self.table.block(outer).comprehension.is_some() {
                let symbol = self.lookup_in(outer, id);
                if symbol.has(def::COMP_ITER) && symbol.has(def::LOCAL) {
                    let text = self.names.text(id);
                    let message =
                        format!("assignment expression cannot rebind comprehension iteration variable '{text}'");
                    return Err(error(message, span));
                }
                continue;
            }
            let message = match kind {
                BlockKind::Function => {
                    let is_global = self.lookup_in(outer, id).has(def::GLOBAL);
                    self.define(id, if is_global { def::GLOBAL } else { def::NONLOCAL }, span)?;
                    self.record_directive(id, span);
                    return self.define_in(outer, id, def::LOCAL, span);
                }
                BlockKind::Module => {
                    self.define(id, def::GLOBAL, span)?;
                    self.record_directive(id, span);
                    return self.define_in(outer, id, def::GLOBAL, span);
                }
                BlockKind::Class => "assignment expression within a comprehension cannot be used in a class body",
                BlockKind::TypeParameters => {
                    "assignment expression within a comprehension cannot be used within the definition of a generic"
                }
                BlockKind::TypeAlias => "assignment expression within a comprehension cannot be used in a type alias",
                BlockKind::TypeVariable => {
                    "assignment expression within a comprehension cannot be used in a TypeVar bound"
                }
                BlockKind::Annotation => continue,
            };
            return Err(error(message, span));
        }
        Ok(())
    }

    fn yields(&mut self, value: Option<ExprRef<'a>>, span: Span) -> Fallible {
        self.refuse_in_annotation("yield expression", span)?;
        self.optional_expression(value)?;
        self.block().generator = true;
        let message = match self.block().comprehension {
            None => return Ok(()),
            Some(Kind::List) => "'yield' inside list comprehension",
            Some(Kind::Set) => "'yield' inside set comprehension",
            Some(Kind::Dict) => "'yield' inside dict comprehension",
            Some(Kind::Generator) => "'yield' inside generator expression",
        };
        Err(error(message, span))
    }

    fn awaits(&mut self, value: ExprRef<'a>, span: Span) -> Fallible {
        self.refuse_in_annotation("await expression", span)?;
        if !self.allows_top_level_await() {
            if !self.block().is_function_like() {
                return Err(error("'await' outside function", span));
            }
            if !self.in_async_function() && self.block().comprehension.is_none() {
                return Err(error("'await' outside async function", span));
            }
        }
        self.expression(value)?;
        self.block().coroutine = true;
        Ok(())
    }

    fn comprehension(
        &mut self,
        expression: ExprRef<'a>,
        kind: Kind,
        generators: &'a [Comprehension<'a>],
        elt: ExprRef<'a>,
        value: Option<ExprRef<'a>>,
    ) -> Fallible {
        let known = self.names.known;
        let name = match kind {
            Kind::Generator => known.symtable_genexpr,
            Kind::List => known.symtable_listcomp,
            Kind::Set => known.symtable_setcomp,
            Kind::Dict => known.symtable_dictcomp,
        };
        let (outermost, rest) = generators.split_first().expect("a comprehension has a generator");
        // The outermost iterable is evaluated in the block around the comprehension.
        self.block().comp_iter_expr += 1;
        self.expression(outermost.iter)?;
        self.block().comp_iter_expr -= 1;

        let span = expression.span;
        self.enter(name, BlockKind::Function, Some(key(expression, BlockRole::Body)), span)?;
        let block = self.block();
        block.comprehension = Some(kind);
        block.coroutine |= outermost.is_async;
        self.define(known.first_parameter, def::PARAM, span)?;
        self.comprehension_target(outermost.target)?;
        self.expressions(outermost.ifs)?;
        for generator in rest {
            self.comprehension_target(generator.target)?;
            self.block().comp_iter_expr += 1;
            self.expression(generator.iter)?;
            self.block().comp_iter_expr -= 1;
            self.expressions(generator.ifs)?;
            self.block().coroutine |= generator.is_async;
        }
        self.optional_expression(value)?;
        self.expression(elt)?;
        let is_generator = kind == Kind::Generator;
        self.block().generator = is_generator;
        let is_async = self.block().coroutine && !is_generator;
        self.exit();
        if is_async {
            if !self.in_async_function() && self.block().comprehension.is_none() && !self.allows_top_level_await() {
                return Err(error("asynchronous comprehension outside of an asynchronous function", span));
            }
            self.block().coroutine = true;
        }
        Ok(())
    }

    fn comprehension_target(&mut self, target: ExprRef<'a>) -> Fallible {
        self.block().comp_iter_target = true;
        self.expression(target)?;
        self.block().comp_iter_target = false;
        Ok(())
    }

    /// Refuses what may not stand in annotations and the scopes of type parameters.
    fn refuse_in_annotation(&mut self, what: &str, span: Span) -> Fallible {
        let block = self.block();
        let place = match block.kind {
            BlockKind::Annotation => "an annotation",
            BlockKind::TypeVariable => block.scope_info,
            BlockKind::TypeAlias => "a type alias",
            BlockKind::TypeParameters => "the definition of a generic",
            BlockKind::Module | BlockKind::Class | BlockKind::Function => return Ok(()),
        };
        Err(error(format!("{what} cannot be used within {place}"), span))
    }
}
