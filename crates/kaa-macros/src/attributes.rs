//! The attributes of functions inside the blocks: `#[method("…", raw, doc = "…")]` and its like.

use proc_macro2::Span;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Attribute, Error, Ident, LitStr, Result, Token, parenthesized};

use crate::signature::Signature;

/// What a function in a block is to Python.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Slot,
    Method,
    ClassMethod,
    StaticMethod,
    Getter,
    Setter,
    New,
    Init,
    Function,
    Constant,
}

const ROLES: &[(&str, Role)] = &[
    ("slot", Role::Slot),
    ("method", Role::Method),
    ("classmethod", Role::ClassMethod),
    ("staticmethod", Role::StaticMethod),
    ("getter", Role::Getter),
    ("setter", Role::Setter),
    ("new", Role::New),
    ("init", Role::Init),
    ("function", Role::Function),
    ("constant", Role::Constant),
];

/// One such attribute.
pub struct Marker {
    pub role: Role,
    pub span: Span,
    /// The string or the name (for slots) that stands first.
    pub text: Option<LitStr>,
    pub raw: bool,
    /// Whether a getter is a `member_descriptor` to Python.
    pub member: bool,
    /// Whether more keyword arguments than there are parameters are counted before they are looked at.
    pub keywords_apart: bool,
    pub doc: Option<LitStr>,
    /// `__text_signature__` of a raw function, or of one that shows another than it has.
    pub signature: Option<LitStr>,
}

impl Marker {
    /// Removes the markers from a function's attributes and reads them.
    pub fn take(attributes: &mut Vec<Attribute>) -> Result<Vec<Marker>> {
        let mut markers = Vec::new();
        let mut kept = Vec::new();
        for attribute in attributes.drain(..) {
            match ROLES.iter().find(|(name, _)| attribute.path().is_ident(name)) {
                Some((_, role)) => markers.push(Marker::read(*role, &attribute)?),
                None => kept.push(attribute),
            }
        }
        *attributes = kept;
        Ok(markers)
    }

    fn read(role: Role, attribute: &Attribute) -> Result<Marker> {
        let span = attribute.span();
        let mut marker = Marker {
            role,
            span,
            text: None,
            raw: false,
            member: false,
            keywords_apart: false,
            doc: None,
            signature: None,
        };
        if matches!(attribute.meta, syn::Meta::Path(_)) {
            return Ok(marker);
        }
        for part in attribute.parse_args_with(Punctuated::<Part, Token![,]>::parse_terminated)? {
            match part {
                Part::Text(text) if marker.text.is_none() => marker.text = Some(text),
                Part::Name(name) if name == "raw" => marker.raw = true,
                Part::Name(name) if name == "keywords_apart" => marker.keywords_apart = true,
                Part::Name(name) if name == "member" && role == Role::Getter => marker.member = true,
                Part::Name(name) if role == Role::Slot && marker.text.is_none() => {
                    marker.text = Some(LitStr::new(&name.to_string(), name.span()));
                }
                Part::Assigned(name, text) if name == "doc" => marker.doc = Some(text),
                Part::Assigned(name, text) if name == "signature" => marker.signature = Some(text),
                Part::Effects => {}
                Part::Text(text) => return Err(Error::new(text.span(), "a second text")),
                Part::Name(name) | Part::Assigned(name, _) => {
                    return Err(Error::new(name.span(), "expected `raw`, `doc`, `signature` or `effects`"));
                }
            }
        }
        Ok(marker)
    }

    /// The text, which must be there.
    pub fn text(&self) -> Result<&LitStr> {
        self.text.as_ref().ok_or_else(|| Error::new(self.span, "a name or signature is missing"))
    }

    /// The text as a signature.
    pub fn parse_signature(&self) -> Result<Signature> {
        let text = self.text()?;
        Signature::parse(&text.value()).map_err(|message| Error::new(text.span(), message))
    }
}

enum Part {
    Text(LitStr),
    Name(Ident),
    Assigned(Ident, LitStr),
    /// `effects(…)`: what the function does beyond giving its result, for the JIT.
    Effects,
}

impl Parse for Part {
    fn parse(input: ParseStream<'_>) -> Result<Part> {
        if input.peek(LitStr) {
            return Ok(Part::Text(input.parse()?));
        }
        let name: Ident = input.parse()?;
        if name == "effects" {
            let inside;
            parenthesized!(inside in input);
            Punctuated::<Ident, Token![,]>::parse_terminated(&inside)?;
            return Ok(Part::Effects);
        }
        if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            return Ok(Part::Assigned(name, input.parse()?));
        }
        Ok(Part::Name(name))
    }
}
