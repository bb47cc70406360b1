//! Reads a pattern into its tree.

use std::collections::HashMap;
use std::ops::Range;

use kaa_objects::types::str::StrData;
use kaa_text::characters::{is_xid_continue, is_xid_start};

use super::super::codes::{MAXGROUPS, MAXREPEAT, at, flag};
use super::class::unique;
use super::cursor::{Cursor, Token};
use super::tree::{Conditional, Greed, Group, Item, Look, Repeat, Sequence, SetItem, Width};
use super::{NotHandled, StackFloor};

/// How deep groups may stand in each other.
const MAX_DEPTH: usize = 100;
/// The most digits of a number in a pattern.
const MAX_DIGITS: usize = 1000;
/// Flags of which one holds.
pub const TYPE_FLAGS: i32 = flag::ASCII | flag::LOCALE | flag::UNICODE;

pub struct Parsed {
    pub pattern: Sequence,
    /// With those that the pattern turns on.
    pub flags: i32,
    /// How many groups there are, without the whole match.
    pub groups: usize,
    /// Where the names of groups are, with the groups' numbers, which ascend.
    pub names: Vec<(Range<usize>, u32)>,
}

pub struct Parser<'a> {
    pub cursor: Cursor<'a>,
    pub is_bytes: bool,
    flags: i32,
    /// The widths of groups that are complete, by number. The first is the whole pattern.
    groups: Vec<Option<Width>>,
    names: Vec<(Range<usize>, u32)>,
    by_name: HashMap<Box<[u32]>, u32>,
    /// The number of the first group in the outermost look behind that is open.
    first_behind: Option<usize>,
    /// The highest group that a condition names by its number; it may come later.
    highest_condition: u32,
    floor: StackFloor,
}

/// Reads a pattern.
pub fn parse(text: StrData<'_>, is_bytes: bool, flags: i32, floor: StackFloor) -> Result<Parsed, NotHandled> {
    let mut parser = Parser {
        cursor: Cursor::new(text)?,
        is_bytes,
        flags,
        groups: vec![None],
        names: Vec::new(),
        by_name: HashMap::new(),
        first_behind: None,
        highest_condition: 0,
        floor,
    };
    let pattern = parser.alternatives(flags & flag::VERBOSE != 0, 0)?;
    let flags = complete_flags(parser.flags, is_bytes)?;
    if parser.cursor.next != Token::End || parser.highest_condition as usize >= parser.groups.len() {
        return Err(NotHandled);
    }
    Ok(Parsed { pattern, flags, groups: parser.groups.len() - 1, names: parser.names })
}

/// Adds what a pattern's kind means; some flags fit to one kind only, or not to each other.
fn complete_flags(flags: i32, is_bytes: bool) -> Result<i32, NotHandled> {
    let has = |flag| flags & flag != 0;
    let (never, default) = if is_bytes { (flag::UNICODE, 0) } else { (flag::LOCALE, flag::UNICODE) };
    if has(never) || has(flag::ASCII) && has(flag::LOCALE | flag::UNICODE) {
        return Err(NotHandled);
    }
    Ok(if has(flag::ASCII) { flags } else { flags | default })
}

fn is_identifier(name: StrData<'_>) -> bool {
    let is_start = |c: u32| c == b'_'.into() || is_xid_start(c);
    is_start(name.at(0)) && name.iter().skip(1).all(is_xid_continue)
}

/// The flag of a letter in `(?...)`.
fn flag_of(letter: u8) -> Option<i32> {
    Some(match letter {
        b'i' => flag::IGNORECASE,
        b'L' => flag::LOCALE,
        b'm' => flag::MULTILINE,
        b's' => flag::DOTALL,
        b'x' => flag::VERBOSE,
        b'a' => flag::ASCII,
        b'u' => flag::UNICODE,
        _ => return None,
    })
}

/// What `(?` and flags begin.
enum Flags {
    /// `(?flags)`
    OfPattern,
    /// `(?flags-flags:`
    OfGroup { add: i32, del: i32 },
}

impl Parser<'_> {
    fn sequence_of(&self, items: Vec<Item>) -> Sequence {
        Sequence::new(items, &self.groups)
    }

    fn check_depth(&self, depth: usize) -> Result<(), NotHandled> {
        if depth > MAX_DEPTH { Err(NotHandled) } else { self.floor.check() }
    }

    /// Reads alternatives up to the end of the group they are in, or of the pattern.
    fn alternatives(&mut self, mut verbose: bool, depth: usize) -> Result<Sequence, NotHandled> {
        self.check_depth(depth)?;
        let is_outermost = depth == 0;
        let first = self.sequence(verbose, depth, is_outermost)?;
        if self.cursor.next != Token::of(b'|') {
            return Ok(first);
        }
        let mut alternatives = vec![first];
        while self.cursor.eat(b'|')? {
            if is_outermost {
                verbose = self.flags & flag::VERBOSE != 0;
            }
            alternatives.push(self.sequence(verbose, depth, false)?);
        }
        Ok(self.branch(alternatives))
    }

    /// Takes what all alternatives begin with out of them. When a character or a set is left of
    /// each, they are a set.
    fn branch(&self, mut alternatives: Vec<Sequence>) -> Sequence {
        let (first, others) = alternatives.split_first().expect("there are two at least");
        let is_common = |&(index, item): &(usize, &Item)| {
            others.iter().all(|other| other.items.get(index).is_some_and(|other| other.is_same(item)))
        };
        let common = first.items.iter().enumerate().take_while(is_common).count();
        let mut items = Vec::with_capacity(common + 1);
        if common > 0 {
            for alternative in &mut alternatives {
                // Those of the last one stay.
                items.clear();
                items.extend(alternative.items.drain(..common));
                *alternative = self.sequence_of(std::mem::take(&mut alternative.items));
            }
        }
        items.push(match set_of(&alternatives) {
            Some(set) => Item::Set(set),
            None => Item::Branch(alternatives),
        });
        self.sequence_of(items)
    }

    /// Reads items up to the end of an alternative. `is_start`: it is the start of the pattern.
    fn sequence(&mut self, mut verbose: bool, depth: usize, is_start: bool) -> Result<Sequence, NotHandled> {
        let mut items = Vec::new();
        let mut has_plain_groups = false;
        loop {
            const BAR: Token = Token::of(b'|');
            const CLOSE: Token = Token::of(b')');
            let token = match self.cursor.next {
                Token::End | BAR | CLOSE => break,
                token => token,
            };
            self.cursor.take()?;
            let code = match token {
                Token::Char(code) => code,
                Token::Escaped(code) => {
                    items.push(self.escape(code)?);
                    continue;
                }
                Token::End => break,
            };
            let item = match u8::try_from(code) {
                Ok(b' ' | b'\t'..=b'\r') if verbose => continue,
                Ok(b'#') if verbose => {
                    while !matches!(self.cursor.take()?, Token::End | Token::Char(0x0a)) {}
                    continue;
                }
                Ok(b'.') => Item::Any,
                Ok(b'^') => Item::At(at::BEGINNING),
                Ok(b'$') => Item::At(at::END),
                Ok(b'[') => self.class()?,
                Ok(b'(') => match self.group(&mut verbose, depth, is_start && items.is_empty())? {
                    Some(item) => {
                        has_plain_groups |= matches!(&item, Item::Group(group) if group.is_plain());
                        item
                    }
                    None => continue,
                },
                Ok(quantifier @ (b'*' | b'+' | b'?' | b'{')) => match self.bounds(quantifier)? {
                    Some(bounds) => {
                        let item = items.pop().ok_or(NotHandled)?;
                        self.repeat(item, bounds)?
                    }
                    None => Item::Literal(code),
                },
                _ => Item::Literal(code),
            };
            items.push(item);
        }
        if has_plain_groups {
            items = without_plain_groups(items);
        }
        Ok(self.sequence_of(items))
    }

    /// Reads the rest of a quantifier: how often at least and at most. `{` may be a literal.
    fn bounds(&mut self, quantifier: u8) -> Result<Option<(u32, u32)>, NotHandled> {
        match quantifier {
            b'?' => return Ok(Some((0, 1))),
            b'*' => return Ok(Some((0, MAXREPEAT))),
            b'+' => return Ok(Some((1, MAXREPEAT))),
            _ => {}
        }
        let cursor = &mut self.cursor;
        let start = cursor.position;
        let (least_digits, least) = cursor.digits(10, MAX_DIGITS)?;
        let (most_digits, most) = if cursor.eat(b',')? {
            cursor.digits(10, MAX_DIGITS)?
        } else if least_digits > 0 {
            (least_digits, least)
        } else {
            // `{}` and what is no quantifier.
            return Ok(None);
        };
        if !cursor.eat(b'}')? {
            cursor.seek(start)?;
            return Ok(None);
        }
        // No number may be as large as what stands for any number.
        let most = match most_digits {
            0 => MAXREPEAT,
            _ if most < MAXREPEAT => most,
            _ => return Err(NotHandled),
        };
        if least == MAXREPEAT || least > most {
            return Err(NotHandled);
        }
        Ok(Some((least, most)))
    }

    /// A repetition of an item; the cursor is behind the bounds.
    fn repeat(&mut self, item: Item, (least, most): (u32, u32)) -> Result<Item, NotHandled> {
        let body = match item {
            Item::At(_) | Item::Repeat(_) => return Err(NotHandled),
            Item::Group(group) if group.is_plain() => group.body,
            item => self.sequence_of(vec![item]),
        };
        let greed = if self.cursor.eat(b'?')? {
            Greed::Least
        } else if self.cursor.eat(b'+')? {
            Greed::Possessive
        } else {
            Greed::Most
        };
        Ok(Item::Repeat(Box::new(Repeat { greed, least, most, body })))
    }

    /// Reads what is in parentheses; the cursor is behind the opening one. Comments and flags of
    /// the pattern are no items.
    fn group(&mut self, verbose: &mut bool, depth: usize, is_start: bool) -> Result<Option<Item>, NotHandled> {
        if !self.cursor.eat(b'?')? {
            return self.capture(None, *verbose, depth).map(Some);
        }
        let Token::Char(code) = self.cursor.take()? else { return Err(NotHandled) };
        let letter = u8::try_from(code).map_err(|_| NotHandled)?;
        let item = match letter {
            b'P' if self.cursor.eat(b'<')? => {
                let name = self.group_name(b'>')?;
                self.capture(Some(name), *verbose, depth)?
            }
            b'P' => {
                self.cursor.expect(b'=')?;
                let name = self.group_name(b')')?;
                let group = self.group_by_name(name)?;
                self.check_reference(group)?;
                Item::GroupReference(group)
            }
            b':' => Item::Group(Box::new(Group {
                number: None,
                add_flags: 0,
                del_flags: 0,
                body: self.enclosed(*verbose, depth)?,
            })),
            b'#' => loop {
                match self.cursor.take()? {
                    Token::End => return Err(NotHandled),
                    token if token == Token::of(b')') => return Ok(None),
                    _ => {}
                }
            },
            b'=' | b'!' => self.look(letter == b'!', false, *verbose, depth)?,
            b'<' => {
                let is_negative = self.cursor.eat(b'!')?;
                if !is_negative {
                    self.cursor.expect(b'=')?;
                }
                self.look(is_negative, true, *verbose, depth)?
            }
            b'(' => self.conditional(*verbose, depth)?,
            b'>' => Item::Atomic(Box::new(self.enclosed(*verbose, depth)?)),
            _ => match self.flags(letter)? {
                Flags::OfPattern if is_start => {
                    *verbose = self.flags & flag::VERBOSE != 0;
                    return Ok(None);
                }
                Flags::OfPattern => return Err(NotHandled),
                Flags::OfGroup { add, del } => {
                    let verbose = (*verbose || add & flag::VERBOSE != 0) && del & flag::VERBOSE == 0;
                    let body = self.enclosed(verbose, depth)?;
                    Item::Group(Box::new(Group { number: None, add_flags: add, del_flags: del, body }))
                }
            },
        };
        Ok(Some(item))
    }

    /// Reads alternatives and the parenthesis behind them.
    fn enclosed(&mut self, verbose: bool, depth: usize) -> Result<Sequence, NotHandled> {
        let body = self.alternatives(verbose, depth + 1)?;
        self.cursor.expect(b')')?;
        Ok(body)
    }

    /// Reads a group that captures, from behind its name on.
    fn capture(&mut self, name: Option<Range<usize>>, verbose: bool, depth: usize) -> Result<Item, NotHandled> {
        let index = self.groups.len();
        let number = u32::try_from(index).ok().filter(|&number| number < MAXGROUPS).ok_or(NotHandled)?;
        self.groups.push(None);
        if let Some(name) = name {
            let key = self.cursor.part(name.clone()).iter().collect();
            if self.by_name.insert(key, number).is_some() {
                return Err(NotHandled);
            }
            self.names.push((name, number));
        }
        let body = self.enclosed(verbose, depth)?;
        self.groups[index] = Some(body.width);
        Ok(Item::Group(Box::new(Group { number: Some(number), add_flags: 0, del_flags: 0, body })))
    }

    /// Reads a look ahead or behind, from behind `=` or `!` on.
    fn look(&mut self, is_negative: bool, is_behind: bool, verbose: bool, depth: usize) -> Result<Item, NotHandled> {
        let outer = self.first_behind;
        if is_behind && outer.is_none() {
            self.first_behind = Some(self.groups.len());
        }
        let body = self.enclosed(verbose, depth)?;
        self.first_behind = outer;
        if is_negative && body.items.is_empty() {
            return Ok(Item::Failure);
        }
        Ok(Item::Look(Box::new(Look { is_negative, is_behind, body })))
    }

    /// Reads `(?(group)yes|no)`, from the group on.
    fn conditional(&mut self, verbose: bool, depth: usize) -> Result<Item, NotHandled> {
        self.check_depth(depth + 1)?;
        let (digits, number) = self.cursor.digits(10, MAX_DIGITS)?;
        let group = if digits > 0 {
            self.cursor.expect(b')')?;
            if number == 0 || number >= MAXGROUPS {
                return Err(NotHandled);
            }
            self.highest_condition = self.highest_condition.max(number);
            number
        } else {
            let name = self.group_name(b')')?;
            self.group_by_name(name)?
        };
        self.check_in_look_behind(group)?;
        let yes = self.sequence(verbose, depth + 1, false)?;
        let no = if self.cursor.eat(b'|')? {
            self.sequence(verbose, depth + 1, false)?
        } else {
            self.sequence_of(Vec::new())
        };
        self.cursor.expect(b')')?;
        Ok(Item::Conditional(Box::new(Conditional { group, yes, no })))
    }

    /// Reads the name of a group and the character that ends it.
    fn group_name(&mut self, end: u8) -> Result<Range<usize>, NotHandled> {
        let name = self.cursor.name(end)?;
        let text = self.cursor.part(name.clone());
        let is_valid = is_identifier(text) && (!self.is_bytes || text.iter().all(|code| code < 128));
        if is_valid { Ok(name) } else { Err(NotHandled) }
    }

    fn group_by_name(&self, name: Range<usize>) -> Result<u32, NotHandled> {
        let name: Vec<u32> = self.cursor.part(name).iter().collect();
        self.by_name.get(&name[..]).copied().ok_or(NotHandled)
    }

    fn is_complete(&self, group: u32) -> bool {
        self.groups.get(group as usize).is_some_and(Option::is_some)
    }

    /// Checks that what a group matched can be referred to here.
    pub fn check_reference(&self, group: u32) -> Result<(), NotHandled> {
        if !self.is_complete(group) {
            return Err(NotHandled);
        }
        self.check_in_look_behind(group)
    }

    /// Checks that a look behind does not depend on a group in it.
    fn check_in_look_behind(&self, group: u32) -> Result<(), NotHandled> {
        match self.first_behind {
            Some(first) if !self.is_complete(group) || group as usize >= first => Err(NotHandled),
            _ => Ok(()),
        }
    }

    /// Reads flags, of which the first letter was read, and what ends them.
    fn flags(&mut self, first: u8) -> Result<Flags, NotHandled> {
        let (mut add, mut del) = (0, 0);
        let mut letter = first;
        if letter != b'-' {
            loop {
                let flag = flag_of(letter).ok_or(NotHandled)?;
                let unfit = if self.is_bytes { flag::UNICODE } else { flag::LOCALE };
                add |= flag;
                if flag == unfit || flag & TYPE_FLAGS != 0 && add & TYPE_FLAGS != flag {
                    return Err(NotHandled);
                }
                letter = self.letter()?;
                if matches!(letter, b')' | b'-' | b':') {
                    break;
                }
            }
        }
        if letter == b')' {
            self.flags |= add;
            return Ok(Flags::OfPattern);
        }
        if letter == b'-' {
            letter = self.letter()?;
            while letter != b':' || del == 0 {
                let flag = flag_of(letter).filter(|flag| flag & (TYPE_FLAGS | add) == 0).ok_or(NotHandled)?;
                del |= flag;
                letter = self.letter()?;
            }
        }
        Ok(Flags::OfGroup { add, del })
    }

    fn letter(&mut self) -> Result<u8, NotHandled> {
        match self.cursor.take()? {
            Token::Char(code) => u8::try_from(code).map_err(|_| NotHandled),
            _ => Err(NotHandled),
        }
    }
}

/// The set that alternatives are, if each is one character of a set that is not negated.
fn set_of(alternatives: &[Sequence]) -> Option<Vec<SetItem>> {
    let mut set = Vec::new();
    for alternative in alternatives {
        match &alternative.items[..] {
            [Item::Literal(literal)] => set.push(SetItem::Literal(*literal)),
            [Item::Set(items)] if items[0] != SetItem::Negate => set.extend(items),
            _ => return None,
        }
    }
    unique(&mut set);
    Some(set)
}

/// Puts the items of groups that do nothing else in their place.
fn without_plain_groups(items: Vec<Item>) -> Vec<Item> {
    let mut flat = Vec::with_capacity(items.len());
    for item in items {
        match item {
            Item::Group(group) if group.is_plain() => flat.extend(group.body.items),
            item => flat.push(item),
        }
    }
    flat
}
