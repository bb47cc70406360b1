//! String literals: implicit concatenation, f-strings and t-strings.

use kaa_ast::*;

use super::{EscapeWarning, Fail, Parse, Parser, Start};
use crate::literals::string::{self, DecodeError, InvalidEscape};
use crate::token::{Kind, StringForm};

/// The token of a warning whose f-string has not ended yet.
const UNPLACED: u32 = u32::MAX;

pub(super) fn is_string(kind: Kind) -> bool {
    matches!(kind, Kind::String | Kind::FStringStart | Kind::TStringStart)
}

fn is_empty_text(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Constant { value: Constant::Str(text), .. } if text.is_empty())
}

impl<'a> Parser<'a, '_> {
    /// One or more string literals in a row, as one expression.
    pub(super) fn strings(&mut self) -> Parse<ExprRef<'a>> {
        if self.at(Kind::String) && !is_string(self.ahead(1)) {
            return self.plain_string();
        }
        let start = self.start();
        let mark = self.scratch.exprs.len();
        let (mut bytes, mut text, mut formatted, mut template) = (false, false, false, false);
        while is_string(self.kind()) {
            match self.kind() {
                Kind::String => {
                    let part = self.plain_string()?;
                    let is_bytes = matches!(part.kind, ExprKind::Constant { value: Constant::Bytes(_), .. });
                    bytes |= is_bytes;
                    text |= !is_bytes;
                    self.scratch.exprs.push(part);
                }
                Kind::TStringStart => {
                    template = true;
                    self.formatted_parts(Kind::TStringMiddle, Kind::TStringEnd)?;
                }
                _ => {
                    formatted = true;
                    self.formatted_parts(Kind::FStringMiddle, Kind::FStringEnd)?;
                }
            }
        }
        if bytes && (text || formatted) || template && (bytes || text || formatted) {
            return Err(Fail);
        }
        if bytes {
            return Ok(self.concatenated_bytes(start, mark));
        }
        if template {
            self.since_last(14, "t-strings are")?;
        }
        self.fold_constants(mark, formatted || template);
        let values = self.take_exprs(mark);
        Ok(match (formatted, template) {
            (true, _) => self.expr(start, ExprKind::JoinedStr { values }),
            (_, true) => self.expr(start, ExprKind::TemplateStr { values }),
            _ => &values[0],
        })
    }

    /// A literal without replacement fields.
    pub(super) fn plain_string(&mut self) -> Parse<ExprRef<'a>> {
        let token = self.token();
        let text = self.text(token);
        let literal = string::split(text, token.form);
        let body = literal.body.as_bytes();
        let value = if literal.bytes {
            if !literal.body.is_ascii() {
                return Err(Fail);
            }
            Constant::Bytes(if literal.raw {
                body
            } else {
                self.decoded(string::decode_bytes(literal.body), literal.body)?
            })
        } else {
            Constant::Str(if literal.raw {
                body
            } else {
                self.decoded(string::decode_str(literal.body), literal.body)?
            })
        };
        self.bump();
        let kind = if text.as_bytes()[0] == b'u' { Some("u") } else { None };
        Ok(self.node(token.span, ExprKind::Constant { value, kind }))
    }

    /// Keeps what a literal decodes to, and its warning.
    fn decoded(
        &mut self,
        result: Result<(std::borrow::Cow<'a, [u8]>, Option<InvalidEscape>), DecodeError>,
        body: &'a str,
    ) -> Parse<&'a [u8]> {
        let (value, invalid) = result.map_err(|_| Fail)?;
        // The lexer has warned of escaped braces already.
        let is_brace = |escape: &InvalidEscape| matches!(body.as_bytes()[escape.offset], b'{' | b'}');
        if let Some(escape) = invalid
            && !(self.token().kind != Kind::String && is_brace(&escape))
        {
            let body = body.as_ptr() as usize - self.source.as_ptr() as usize;
            self.warnings.push(EscapeWarning { token: self.pos as u32, escape, body: body as u32 });
        }
        Ok(match value {
            std::borrow::Cow::Borrowed(value) => value,
            std::borrow::Cow::Owned(value) => self.arena.alloc_slice_copy(&value),
        })
    }

    fn concatenated_bytes(&mut self, start: Start, mark: usize) -> ExprRef<'a> {
        let mut all = Vec::new();
        for part in &self.scratch.exprs[mark..] {
            if let ExprKind::Constant { value: Constant::Bytes(part), .. } = part.kind {
                all.extend_from_slice(part);
            }
        }
        self.scratch.exprs.truncate(mark);
        let value = Constant::Bytes(self.arena.alloc_slice_copy(&all));
        self.expr(start, ExprKind::Constant { value, kind: None })
    }

    /// Joins neighbouring constants among the parts of a string, and drops empty ones from
    /// strings with replacement fields.
    fn fold_constants(&mut self, mark: usize, drop_empty: bool) {
        let parts = &mut self.scratch.exprs;
        let mut write = mark;
        let mut read = mark;
        while read < parts.len() {
            let first = parts[read];
            read += 1;
            let ExprKind::Constant { value: Constant::Str(text), kind } = first.kind else {
                parts[write] = first;
                write += 1;
                continue;
            };
            let mut span = first.span;
            let mut all: Vec<u8> = Vec::new();
            while let Some(&next) = parts.get(read)
                && let ExprKind::Constant { value: Constant::Str(more), .. } = next.kind
            {
                if all.is_empty() {
                    all.extend_from_slice(text);
                }
                all.extend_from_slice(more);
                span = first.span.to(next.span);
                read += 1;
            }
            let folded = if span != first.span || !all.is_empty() {
                let value = Constant::Str(self.arena.alloc_slice_copy(&all));
                self.arena.alloc(Expr { span, kind: ExprKind::Constant { value, kind } })
            } else {
                first
            };
            if !(drop_empty && is_empty_text(folded)) {
                parts[write] = folded;
                write += 1;
            }
        }
        parts.truncate(write);
    }

    /// The parts of one f-string or t-string, onto the list of expressions.
    fn formatted_parts(&mut self, middle: Kind, end: Kind) -> Parse<()> {
        let raw = self.token().form.has(StringForm::RAW);
        self.bump();
        let warnings = self.warnings.len();
        loop {
            let kind = self.kind();
            if kind == middle {
                let known = self.warnings.len();
                self.literal_part(raw)?;
                self.warnings[known..].iter_mut().for_each(|warning| warning.token = UNPLACED);
            } else if kind == Kind::LBrace {
                self.replacement_field(middle, raw, middle == Kind::TStringMiddle)?;
            } else {
                break;
            }
        }
        // CPython decodes the text of the string when it has read the end, and counts lines from
        // there.
        for warning in &mut self.warnings[warnings..] {
            if warning.token == UNPLACED {
                warning.token = self.pos as u32;
            }
        }
        self.expect(end)
    }

    /// Text between replacement fields.
    fn literal_part(&mut self, raw: bool) -> Parse<()> {
        let token = self.token();
        let text = self.text(token);
        let value = if raw { text.as_bytes() } else { self.decoded(string::decode_str(text), text)? };
        self.bump();
        if !value.is_empty() {
            let kind = ExprKind::Constant { value: Constant::Str(value), kind: None };
            self.scratch.exprs.push(self.node(token.span, kind));
        }
        Ok(())
    }

    /// `{value = !r :spec}`, onto the list of expressions; before it its own text, if it has `=`.
    fn replacement_field(&mut self, middle: Kind, raw: bool, interpolation: bool) -> Parse<()> {
        let brace = self.token();
        let start = self.start();
        self.expect(Kind::LBrace)?;
        let value = self.yield_or_star_expressions()?;
        let equal = self.token();
        let debug = self.eat(Kind::Equal);
        let delimiter = self.token();
        let mut conversion = -1;
        let mut text_end = None;
        if self.at(Kind::Exclamation) {
            conversion = self.conversion()?;
            let name = &self.tokens[self.pos - 1];
            text_end = Some((name.span.line, name.span.col - 1));
        }
        let mut format_spec = None;
        if self.at(Kind::Colon) {
            let spec = self.format_spec(middle, raw)?;
            text_end.get_or_insert((spec.span.line, spec.span.col));
            format_spec = Some(spec);
        }
        if debug && conversion == -1 && format_spec.is_none() {
            conversion = i32::from(b'r');
        }
        self.expect(Kind::RBrace)?;
        let span = self.span(start);
        if debug {
            let text = self.field_text(brace.end, delimiter.start);
            let (end_line, end_col) = text_end.unwrap_or((span.end_line, span.end_col - 1));
            let span = Span { line: span.line, col: span.col + 1, end_line, end_col };
            let kind = ExprKind::Constant { value: Constant::Str(text.as_bytes()), kind: None };
            self.scratch.exprs.push(self.node(span, kind));
        }
        let kind = if interpolation {
            let text = self.field_text(brace.end, if debug { equal.start } else { delimiter.start });
            ExprKind::Interpolation { value, str: Constant::Str(text.as_bytes()), conversion, format_spec }
        } else {
            ExprKind::FormattedValue { value, conversion, format_spec }
        };
        self.scratch.exprs.push(self.node(span, kind));
        Ok(())
    }

    /// `!r`: nothing may stand between the two.
    fn conversion(&mut self) -> Parse<i32> {
        let mark = self.token();
        self.bump();
        let name = self.token();
        self.expect(Kind::Name)?;
        if mark.end != name.start {
            return Err(Fail);
        }
        match self.text(name) {
            letter @ ("s" | "r" | "a") => Ok(i32::from(letter.as_bytes()[0])),
            _ => Err(Fail),
        }
    }

    fn format_spec(&mut self, middle: Kind, raw: bool) -> Parse<ExprRef<'a>> {
        let start = self.start();
        self.expect(Kind::Colon)?;
        let mark = self.scratch.exprs.len();
        loop {
            let kind = self.kind();
            if kind == middle {
                self.literal_part(raw)?;
            } else if kind == Kind::LBrace {
                self.replacement_field(middle, raw, false)?;
            } else {
                break;
            }
        }
        self.fold_constants(mark, true);
        let values = self.take_exprs(mark);
        Ok(self.expr(start, ExprKind::JoinedStr { values }))
    }

    /// Source text of a replacement field, without comments.
    fn field_text(&self, from: u32, to: u32) -> &'a str {
        let text = &self.source[from as usize..to as usize];
        if !text.contains('#') {
            return text;
        }
        let mut plain = String::with_capacity(text.len());
        let mut quote = None;
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            match (quote, c) {
                (None, '#') => {
                    if chars.by_ref().any(|c| c == '\n') {
                        plain.push('\n');
                    }
                    continue;
                }
                (None, '\'' | '"') => quote = Some(c),
                (Some(open), _) if open == c => quote = None,
                (Some(_), '\\') => {
                    plain.push(c);
                    plain.extend(chars.next());
                    continue;
                }
                _ => {}
            }
            plain.push(c);
        }
        self.arena.alloc_str(&plain)
    }
}
