//! The tree of a pattern.

use super::super::codes::MAXREPEAT;

/// How many characters something matches, at least and at most. Numbers from [`Width::MANY`] on
/// are the same: nothing tells them apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Width {
    pub least: u64,
    pub most: u64,
}

impl Width {
    /// More than a word of the code can hold.
    pub const MANY: u64 = 1 << 32;
    const NONE: Width = Width { least: 0, most: 0 };
    const ONE: Width = Width { least: 1, most: 1 };

    /// One behind the other.
    fn then(self, other: Width) -> Width {
        Width { least: (self.least + other.least).min(Self::MANY), most: (self.most + other.most).min(Self::MANY) }
    }

    /// One or the other.
    fn or(self, other: Width) -> Width {
        Width { least: self.least.min(other.least), most: self.most.max(other.most) }
    }

    fn repeated(self, least: u32, most: u32) -> Width {
        let most = if most == MAXREPEAT && self.most > 0 { Self::MANY } else { self.most * u64::from(most) };
        Width { least: (self.least * u64::from(least)).min(Self::MANY), most: most.min(Self::MANY) }
    }
}

/// Items that match one behind the other.
#[derive(Debug)]
pub struct Sequence {
    pub items: Vec<Item>,
    pub width: Width,
}

impl Sequence {
    /// A sequence; `groups` are the widths of the groups that are complete.
    pub fn new(items: Vec<Item>, groups: &[Option<Width>]) -> Sequence {
        let width = items.iter().fold(Width::NONE, |width, item| width.then(item.width(groups)));
        Sequence { items, width }
    }
}

/// How often to repeat when there is a choice.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Greed {
    Most,
    Least,
    /// As often as possible, without going back.
    Possessive,
}

/// A part of a set of characters.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
pub enum SetItem {
    /// The set has what the other items do not. At the start only.
    Negate,
    Literal(u32),
    Range(u32, u32),
    Category(u32),
}

/// `(...)`, `(?:...)` and `(?flags-flags:...)`.
#[derive(Debug)]
pub struct Group {
    /// From 1, when it captures.
    pub number: Option<u32>,
    pub add_flags: i32,
    pub del_flags: i32,
    pub body: Sequence,
}

impl Group {
    /// Whether it does nothing but hold its items together.
    pub fn is_plain(&self) -> bool {
        self.number.is_none() && self.add_flags == 0 && self.del_flags == 0
    }
}

#[derive(Debug)]
pub struct Repeat {
    pub greed: Greed,
    pub least: u32,
    pub most: u32,
    pub body: Sequence,
}

/// `(?=...)`, `(?!...)`, `(?<=...)` and `(?<!...)`.
#[derive(Debug)]
pub struct Look {
    pub is_negative: bool,
    pub is_behind: bool,
    pub body: Sequence,
}

/// `(?(group)yes|no)`. Without `no` that is empty.
#[derive(Debug)]
pub struct Conditional {
    pub group: u32,
    pub yes: Sequence,
    pub no: Sequence,
}

#[derive(Debug)]
pub enum Item {
    Literal(u32),
    NotLiteral(u32),
    Any,
    Set(Vec<SetItem>),
    /// A position.
    At(u32),
    /// Never matches.
    Failure,
    GroupReference(u32),
    Branch(Vec<Sequence>),
    Group(Box<Group>),
    Atomic(Box<Sequence>),
    Repeat(Box<Repeat>),
    Look(Box<Look>),
    Conditional(Box<Conditional>),
}

impl Item {
    fn width(&self, groups: &[Option<Width>]) -> Width {
        match self {
            Item::Literal(_) | Item::NotLiteral(_) | Item::Any | Item::Set(_) => Width::ONE,
            Item::At(_) | Item::Failure | Item::Look(_) => Width::NONE,
            Item::GroupReference(group) => groups[*group as usize].expect("only complete groups are referred to"),
            Item::Branch(alternatives) => {
                alternatives.iter().map(|alternative| alternative.width).reduce(Width::or).unwrap_or(Width::NONE)
            }
            Item::Group(group) => group.body.width,
            Item::Atomic(body) => body.width,
            Item::Repeat(repeat) => repeat.body.width.repeated(repeat.least, repeat.most),
            Item::Conditional(conditional) => conditional.yes.width.or(conditional.no.width),
        }
    }

    /// Whether two items are surely the same: those without items in them.
    pub fn is_same(&self, other: &Item) -> bool {
        match (self, other) {
            (Item::Literal(a), Item::Literal(b))
            | (Item::NotLiteral(a), Item::NotLiteral(b))
            | (Item::At(a), Item::At(b))
            | (Item::GroupReference(a), Item::GroupReference(b)) => a == b,
            (Item::Set(a), Item::Set(b)) => a == b,
            (Item::Any, Item::Any) | (Item::Failure, Item::Failure) => true,
            _ => false,
        }
    }
}
