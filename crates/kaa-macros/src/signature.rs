//! Signature texts: `pop($self, index=-1, /)`, as in CPython's `__text_signature__`.

/// A parsed signature text.
#[derive(Debug, Default, PartialEq)]
pub struct Signature {
    /// The function's name.
    pub name: String,
    /// The parameters with a name that take one argument, in order.
    pub params: Vec<Param>,
    /// How many of them are positional-only.
    pub positional_only: usize,
    /// How many can be given by position.
    pub positional: usize,
    /// Whether there is a `*args`.
    pub var_positional: bool,
    /// Whether there is a `**kwargs`.
    pub var_keyword: bool,
    /// The first parameter when it is `$self`, `$type` or `$module`, without `$`.
    pub bound: Option<String>,
    /// The text between the parentheses without the bound parameter.
    pub text: String,
}

/// One parameter.
#[derive(Debug, PartialEq)]
pub struct Param {
    pub name: String,
    /// The text of the default; `None` when the parameter is required.
    pub default: Option<String>,
}

impl Signature {
    pub fn parse(text: &str) -> Result<Signature, String> {
        let open = text.find('(').ok_or("a signature is written as `name(parameters)`")?;
        let inner = text[open + 1..].strip_suffix(')').ok_or("the signature does not end with `)`")?;
        let mut signature = Signature { name: text[..open].trim().to_owned(), ..Signature::default() };
        if !is_name(&signature.name) {
            return Err(format!("`{}` is not a name", signature.name));
        }
        let mut parts = split(inner)?;
        let bound = parts.first().and_then(|first| first.strip_prefix('$').or((*first == "self").then_some("self")));
        if let Some(bound) = bound {
            signature.bound = Some(bound.to_owned());
            parts.remove(0);
            if parts.first() == Some(&"/") {
                parts.remove(0);
            }
        }
        signature.text = parts.join(", ");
        let mut keyword_only = false;
        for part in parts {
            if part == "/" {
                if signature.positional_only != 0 || keyword_only || signature.params.is_empty() {
                    return Err("misplaced `/`".into());
                }
                signature.positional_only = signature.params.len();
            } else if let Some(name) = part.strip_prefix("**") {
                signature.var_keyword = true;
                check_name(name)?;
            } else if let Some(name) = part.strip_prefix('*') {
                if keyword_only {
                    return Err("`*` twice".into());
                }
                keyword_only = true;
                if !name.is_empty() {
                    check_name(name)?;
                    signature.var_positional = true;
                }
            } else {
                signature.add_param(part, keyword_only)?;
            }
        }
        Ok(signature)
    }

    fn add_param(&mut self, part: &str, keyword_only: bool) -> Result<(), String> {
        if self.var_keyword {
            return Err("a parameter after `**`".into());
        }
        let (name, default) = match part.split_once('=') {
            Some((name, default)) => (name.trim(), Some(default.trim().to_owned())),
            None => (part, None),
        };
        check_name(name)?;
        let previous = if keyword_only { &self.params[self.positional..] } else { &self.params[..] };
        if default.is_none() && previous.iter().any(|p| p.default.is_some()) {
            return Err(format!("`{name}` is required but follows an optional parameter"));
        }
        self.params.push(Param { name: name.to_owned(), default });
        if !keyword_only {
            self.positional = self.params.len();
        }
        Ok(())
    }

    /// How many of the positional parameters are required.
    pub fn required(&self) -> usize {
        self.params[..self.positional].iter().filter(|p| p.default.is_none()).count()
    }

    /// How many of the keyword-only parameters are required.
    pub fn required_keywords(&self) -> usize {
        self.params[self.positional..].iter().filter(|p| p.default.is_none()).count()
    }

    /// The text for `__text_signature__`, with a bound first parameter.
    pub fn text_signature(&self, bound: Option<&str>) -> String {
        match bound {
            None => format!("({})", self.text),
            Some(bound) if self.text.is_empty() => format!("(${bound}, /)"),
            Some(bound) if self.positional_only > 0 => format!("(${bound}, {})", self.text),
            Some(bound) => format!("(${bound}, /, {})", self.text),
        }
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || c == '_') && !text.starts_with(char::is_numeric)
}

fn check_name(text: &str) -> Result<(), String> {
    if is_name(text) { Ok(()) } else { Err(format!("`{text}` is not a parameter")) }
}

/// The parts between commas that stand in no bracket and no string.
fn split(text: &str) -> Result<Vec<&str>, String> {
    let mut parts = Vec::new();
    let (mut start, mut depth, mut quote) = (0, 0usize, None);
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(_), _) if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(q), _) if c == q => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth = depth.checked_sub(1).ok_or("unbalanced brackets")?,
            (None, ',') if depth == 0 => {
                parts.push(text[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    if quote.is_some() || depth != 0 {
        return Err("unbalanced quotes or brackets".into());
    }
    let last = text[start..].trim();
    if !last.is_empty() {
        parts.push(last);
    }
    if parts.iter().any(|part| part.is_empty()) {
        return Err("an empty parameter".into());
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_of_all_kinds() {
        let s = Signature::parse("f($self, a, b=(1, 2), /, c=', ', *, d, e=None, **rest)").unwrap();
        assert_eq!((s.name.as_str(), s.bound.as_deref()), ("f", Some("self")));
        assert_eq!((s.positional_only, s.positional, s.required(), s.required_keywords()), (2, 3, 1, 1));
        assert!(s.var_keyword && !s.var_positional);
        let defaults: Vec<_> = s.params.iter().map(|p| p.default.as_deref()).collect();
        assert_eq!(defaults, [None, Some("(1, 2)"), Some("', '"), None, Some("None")]);
        assert_eq!(s.text_signature(Some("self")), "($self, a, b=(1, 2), /, c=', ', *, d, e=None, **rest)");
        assert_eq!(Signature::parse("f()").unwrap().text_signature(Some("self")), "($self, /)");
        assert_eq!(Signature::parse("f(*args)").unwrap().text_signature(Some("module")), "($module, /, *args)");
        assert_eq!(Signature::parse("f(x)").unwrap().text_signature(None), "(x)");
    }

    #[test]
    fn mistakes() {
        for text in ["f", "f(", "f(/)", "f(a=1, b)", "f(*, *)", "f(a,,b)", "f(**k, a)", "f(1)", "f(a='x)"] {
            assert!(Signature::parse(text).is_err(), "{text}");
        }
    }
}
