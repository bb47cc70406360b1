//! Prefixes and the namespaces that they stand for.

use std::collections::VecDeque;

use super::error::Code;
use super::events::Event;
use super::parser::Attribute;

const XML: &str = "http://www.w3.org/XML/1998/namespace";
const XMLNS: &str = "http://www.w3.org/2000/xmlns/";

/// The declarations that hold, the innermost last.
#[derive(Clone)]
pub struct Namespaces {
    /// Stands between the parts of a name.
    separator: Option<char>,
    /// Whether the prefix is a third part.
    pub triplets: bool,
    /// Prefix (empty for the default) and URI (empty for none).
    bound: Vec<(String, String)>,
}

impl Namespaces {
    pub fn new(separator: Option<char>) -> Namespaces {
        Namespaces { separator, triplets: false, bound: vec![("xml".to_owned(), XML.to_owned())] }
    }

    /// The declarations as parts of a context.
    pub fn context(&self) -> impl Iterator<Item = String> {
        let mut seen: Vec<&str> = Vec::new();
        let mut parts = Vec::new();
        for (prefix, uri) in self.bound.iter().rev() {
            if !seen.contains(&prefix.as_str()) {
                seen.push(prefix);
                parts.push(format!("{prefix}={uri}"));
            }
        }
        parts.into_iter()
    }

    /// Those of a context, with the other settings of this.
    pub fn with_context(&self, context: Option<&str>) -> Namespaces {
        let mut made = Namespaces { bound: Vec::new(), ..self.clone() };
        for part in context.unwrap_or_default().split('\u{c}') {
            if let Some((prefix, uri)) = part.split_once('=') {
                made.bound.push((prefix.to_owned(), uri.to_owned()));
            }
        }
        if made.bound.is_empty() {
            made.bound.clone_from(&self.bound);
        }
        made
    }

    fn uri_of(&self, prefix: &str) -> Option<&str> {
        let (_, uri) = self.bound.iter().rev().find(|(bound, _)| bound == prefix)?;
        if uri.is_empty() { None } else { Some(uri) }
    }

    /// Takes the declarations out of the attributes of a start tag; gives how many there are.
    pub fn declare(
        &mut self,
        attributes: &mut Vec<Attribute>,
        specified: &mut usize,
        events: &mut VecDeque<Event>,
    ) -> Result<usize, Code> {
        if !attributes.iter().any(|attribute| attribute.name.starts_with("xmlns")) {
            return Ok(0);
        }
        let (mut count, mut index, mut at) = (0, 0, 0);
        let written = *specified;
        while index < attributes.len() {
            let name = &attributes[index].name;
            let prefix = match name.strip_prefix("xmlns") {
                Some("") => Some(""),
                Some(rest) => rest.strip_prefix(':'),
                None => None,
            };
            let Some(prefix) = prefix.map(str::to_owned) else {
                index += 1;
                at += 1;
                continue;
            };
            let uri = attributes.remove(index).value;
            if at < written {
                *specified -= 1;
            }
            at += 1;
            self.check(&prefix, &uri)?;
            events.push_back(Event::StartNamespace {
                prefix: Some(prefix.clone()).filter(|prefix| !prefix.is_empty()),
                uri: Some(uri.clone()).filter(|uri| !uri.is_empty()),
            });
            self.bound.push((prefix, uri));
            count += 1;
        }
        Ok(count)
    }

    fn check(&self, prefix: &str, uri: &str) -> Result<(), Code> {
        match prefix {
            "xmlns" => return Err(Code::RESERVED_PREFIX_XMLNS),
            "xml" if uri != XML => return Err(Code::RESERVED_PREFIX_XML),
            "xml" => {}
            "" => {}
            _ if uri.is_empty() => return Err(Code::UNDECLARING_PREFIX),
            _ => {}
        }
        if prefix != "xml" && (uri == XML || uri == XMLNS) {
            return Err(Code::RESERVED_NAMESPACE_URI);
        }
        // A separator within the URI would make names ambiguous, unless URIs may have it.
        match self.separator {
            Some(separator) if !is_uri_char(separator) && uri.contains(separator) => Err(Code::SYNTAX),
            _ => Ok(()),
        }
    }

    /// Reports the end of the last declarations.
    pub fn leave(&mut self, count: usize, events: &mut VecDeque<Event>) {
        for _ in 0..count {
            if let Some((prefix, _)) = self.bound.pop() {
                events.push_back(Event::EndNamespace { prefix: Some(prefix).filter(|prefix| !prefix.is_empty()) });
            }
        }
    }

    fn expanded(&self, uri: &str, local: &str, prefix: &str) -> String {
        let mut out = String::with_capacity(uri.len() + local.len() + prefix.len() + 2);
        out.push_str(uri);
        out.extend(self.separator);
        out.push_str(local);
        if self.triplets && !prefix.is_empty() {
            out.extend(self.separator);
            out.push_str(prefix);
        }
        out
    }

    /// The name of an element as it is reported.
    pub fn element(&self, name: &str) -> Result<String, Code> {
        match name.split_once(':') {
            None => Ok(match self.uri_of("") {
                Some(uri) => self.expanded(uri, name, ""),
                None => name.to_owned(),
            }),
            Some((prefix, local)) => match self.uri_of(prefix) {
                Some(uri) => Ok(self.expanded(uri, local, prefix)),
                None => Err(Code::UNBOUND_PREFIX),
            },
        }
    }

    /// The names of attributes as they are reported.
    pub fn attributes(&self, attributes: &mut [Attribute]) -> Result<(), Code> {
        let mut prefixed = 0;
        for attribute in attributes.iter_mut() {
            if let Some((prefix, local)) = attribute.name.split_once(':') {
                let Some(uri) = self.uri_of(prefix) else { return Err(Code::UNBOUND_PREFIX) };
                attribute.name = self.expanded(uri, local, prefix);
                prefixed += 1;
            }
        }
        if prefixed > 1 {
            let mut names: Vec<&str> = attributes.iter().map(|attribute| attribute.name.as_str()).collect();
            names.sort_unstable();
            if names.windows(2).any(|pair| pair[0] == pair[1]) {
                return Err(Code::DUPLICATE_ATTRIBUTE);
            }
        }
        Ok(())
    }
}

fn is_uri_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || "%-._~:/?#[]@!$&'()*+,;=".contains(c)
}
