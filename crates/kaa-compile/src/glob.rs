//! Patterns of files and folders, as shells have them.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// A pattern: `*` stands for any characters but `/`, `?` for one, `[ab-z]` and `[!ab-z]` for one of
/// some, `**` for any characters. Without `/` it is held against the name of a file or folder; with
/// one against the end of its path, from the start of a component on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    text: Vec<u8>,
    of_path: bool,
    /// Whether the pattern begins with `/`: then it is held against the whole path.
    absolute: bool,
}

impl Pattern {
    pub fn new(text: impl AsRef<std::ffi::OsStr>) -> Pattern {
        let text = text.as_ref().as_bytes();
        let trimmed = text.len() - text.iter().rev().take_while(|&&byte| byte == b'/').count();
        let text = text[..trimmed].strip_prefix(b"./").unwrap_or(&text[..trimmed]);
        Pattern { text: text.to_vec(), of_path: text.contains(&b'/'), absolute: text.starts_with(b"/") }
    }

    pub fn matches(&self, path: &Path) -> bool {
        let bytes = path.as_os_str().as_bytes();
        if !self.of_path {
            return path.file_name().is_some_and(|name| matches(&self.text, name.as_bytes()));
        }
        if self.absolute {
            return matches(&self.text, bytes);
        }
        let starts = memchr_iter(bytes).map(|slash| slash + 1);
        std::iter::once(0).chain(starts).any(|start| matches(&self.text, &bytes[start..]))
    }
}

fn memchr_iter(bytes: &[u8]) -> impl Iterator<Item = usize> + '_ {
    bytes.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at)
}

/// Where to go on when what follows a star does not fit: pattern, text, and whether `/` may be passed.
type Retry = Option<(usize, usize)>;

/// Whether a pattern fits a whole text. Each kind of star goes back to its latest only, which is
/// enough and takes at most the product of the lengths for one kind.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut pos) = (0, 0);
    let (mut star, mut deep): (Retry, Retry) = (None, None);
    loop {
        match pattern.get(at) {
            Some(b'*') if pattern.get(at + 1) == Some(&b'*') => {
                at += pattern[at..].iter().take_while(|&&byte| byte == b'*').count();
                // `a/**/b` also means `a/b`.
                let joins = pattern.get(at) == Some(&b'/') && (pos == 0 || text.get(pos - 1) == Some(&b'/'));
                deep = Some((at, pos));
                star = None;
                if joins && matches(&pattern[at + 1..], &text[pos..]) {
                    return true;
                }
                continue;
            }
            Some(b'*') => {
                at += 1;
                star = Some((at, pos));
                continue;
            }
            None if pos == text.len() => return true,
            Some(_) if pos < text.len() => {
                if let Some(length) = one(&pattern[at..], text[pos]) {
                    at += length;
                    pos += 1;
                    continue;
                }
            }
            _ => {}
        }
        let retry = match star {
            Some((to, from)) if from < text.len() && text[from] != b'/' => {
                star = Some((to, from + 1));
                star
            }
            _ => None,
        };
        let retry = retry.or_else(|| {
            star = None;
            let (to, from) = deep?;
            if from == text.len() {
                return None;
            }
            deep = Some((to, from + 1));
            deep
        });
        let Some((to, from)) = retry else { return false };
        (at, pos) = (to, from);
    }
}

/// The length of the first item of a pattern when it fits a byte.
fn one(pattern: &[u8], byte: u8) -> Option<usize> {
    match pattern[0] {
        b'?' => (byte != b'/').then_some(1),
        b'[' => match class(&pattern[1..]) {
            Some((negated, items, length)) => {
                let has = ranges(items).any(|(from, to)| (from..=to).contains(&byte));
                (has != negated && byte != b'/').then_some(length + 1)
            }
            // A bracket that is never closed stands for itself.
            None => (byte == b'[').then_some(1),
        },
        other => (byte == other).then_some(1),
    }
}

/// A class after its `[`: whether it is negated, its items, its length with the `]`.
fn class(text: &[u8]) -> Option<(bool, &[u8], usize)> {
    let negated = matches!(text.first(), Some(b'!' | b'^'));
    let start = usize::from(negated);
    // Right at the start a bracket is an item.
    let end = text.iter().skip(start + 1).position(|&byte| byte == b']')? + start + 1;
    Some((negated, &text[start..end], end + 1))
}

fn ranges(items: &[u8]) -> impl Iterator<Item = (u8, u8)> + '_ {
    let mut rest = items;
    std::iter::from_fn(move || match *rest {
        [from, b'-', to, ref after @ ..] => {
            rest = after;
            Some((from, to))
        }
        [byte, ref after @ ..] => {
            rest = after;
            Some((byte, byte))
        }
        [] => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let fits = |pattern: &str, path: &str| Pattern::new(pattern).matches(Path::new(path));
        assert!(fits("tests", "a/tests") && fits("tests/", "a/tests") && !fits("tests", "a/tests/b"));
        assert!(fits("test_*.py", "a/test_x.py") && !fits("test_*.py", "a/a_test_x.py"));
        assert!(fits("*_*_*", "a/a_b__c") && !fits("*_*_*", "a_b"));
        assert!(fits("?[a-c]", "xb") && !fits("?[a-c]", "xd") && fits("[!a]", "b") && !fits("[!a]", "a"));
        assert!(fits("[]]", "]") && fits("[a", "[a") && fits("*", "") == Path::new("").file_name().is_some());
    }

    #[test]
    fn paths() {
        let fits = |pattern: &str, path: &str| Pattern::new(pattern).matches(Path::new(path));
        assert!(fits("a/b.py", "a/b.py") && fits("a/b.py", "x/a/b.py") && !fits("a/b.py", "xa/b.py"));
        assert!(fits("./a/b.py", "a/b.py") && fits("/a/*.py", "/a/b.py") && !fits("/a", "/x/a"));
        assert!(!fits("a/*.py", "a/b/c.py") && fits("a/**.py", "a/b/c.py") && fits("a/**/c.py", "a/b/b/c.py"));
        assert!(fits("a/**/c.py", "a/c.py") && !fits("a/**/c.py", "a/bc.py") && fits("**/lib/*", "x/lib/y"));
        assert!(fits("a/*x/**y*/z", "a/qx/p/q/y1/z") && !fits("a/*x/**y*/z", "a/qx/p/q/y1/w"));
    }

    #[test]
    fn hard_patterns_end() {
        let pattern = Pattern::new(&*"*a".repeat(30));
        assert!(!pattern.matches(Path::new(&"a".repeat(2000).replace("aaaaaaaaaa", "aaaaaaaaab"))));
    }
}
