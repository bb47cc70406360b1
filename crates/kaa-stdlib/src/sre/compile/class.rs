//! Sets in brackets: `[...]`.

use std::collections::HashSet;

use super::NotHandled;
use super::cursor::Token;
use super::parse::Parser;
use super::tree::{Item, SetItem};

/// Sets up to this size are searched item by item.
const SMALL: usize = 16;

/// Drops all but the first of equal items.
pub fn unique(items: &mut Vec<SetItem>) {
    if items.len() <= SMALL {
        let mut kept = 0;
        for index in 0..items.len() {
            if !items[..kept].contains(&items[index]) {
                items[kept] = items[index];
                kept += 1;
            }
        }
        items.truncate(kept);
    } else {
        let mut seen = HashSet::with_capacity(items.len());
        items.retain(|&item| seen.insert(item));
    }
}

impl Parser<'_> {
    /// Reads a set; the cursor is behind the bracket. What may become an operation on sets is an
    /// occasion to warn, and not handled.
    pub fn class(&mut self) -> Result<Item, NotHandled> {
        if self.cursor.next == Token::of(b'[') {
            return Err(NotHandled);
        }
        let is_negated = self.cursor.eat(b'^')?;
        let mut items = Vec::new();
        loop {
            let token = self.cursor.take()?;
            if token == Token::of(b']') && !items.is_empty() {
                break;
            }
            let is_operator = matches!(token, Token::Char(0x26 | 0x2d | 0x7c | 0x7e));
            if is_operator && !items.is_empty() && self.cursor.next == token {
                return Err(NotHandled);
            }
            let item = self.class_item(token)?;
            if !self.cursor.eat(b'-')? {
                items.push(item);
                continue;
            }
            let end = self.cursor.take()?;
            if end == Token::of(b']') {
                items.extend([item, SetItem::Literal(b'-'.into())]);
                break;
            }
            if end == Token::of(b'-') {
                return Err(NotHandled);
            }
            match (item, self.class_item(end)?) {
                (SetItem::Literal(low), SetItem::Literal(high)) if low <= high => {
                    items.push(SetItem::Range(low, high));
                }
                _ => return Err(NotHandled),
            }
        }
        unique(&mut items);
        Ok(match (&items[..], is_negated) {
            (&[SetItem::Literal(literal)], false) => Item::Literal(literal),
            (&[SetItem::Literal(literal)], true) => Item::NotLiteral(literal),
            (_, false) => Item::Set(items),
            (_, true) => {
                items.insert(0, SetItem::Negate);
                Item::Set(items)
            }
        })
    }

    fn class_item(&mut self, token: Token) -> Result<SetItem, NotHandled> {
        match token {
            Token::Char(code) => Ok(SetItem::Literal(code)),
            Token::Escaped(code) => self.class_escape(code),
            Token::End => Err(NotHandled),
        }
    }
}
