//! `isalpha` and the other questions about all characters of a text.

use kaa_text::characters;

use super::core::{PyStr, StrData};
use super::split::is_space;
use crate::py_methods;

/// Whether there are characters and all have a property.
fn all(text: &PyStr, property: impl Fn(u32) -> bool) -> bool {
    !text.is_empty() && text.data().iter().all(property)
}

/// Whether the text is a valid identifier (keywords, too).
pub(crate) fn is_identifier(data: StrData<'_>) -> bool {
    let is_start = |c: u32| c == b'_'.into() || characters::is_xid_start(c);
    !data.is_empty() && is_start(data.at(0)) && data.iter().skip(1).all(characters::is_xid_continue)
}

#[py_methods(PREDICATES, of = "str")]
impl PyStr {
    #[method(
        "isascii($self, /)",
        doc = "Return True if all characters in the string are ASCII, False otherwise.

ASCII characters have code points in the range U+0000-U+007F.
Empty string is ASCII too."
    )]
    fn isascii(&self) -> bool {
        self.is_ascii()
    }

    #[method(
        "islower($self, /)",
        doc = "Return True if the string is a lowercase string, False otherwise.

A string is lowercase if all cased characters in the string are
lowercase and there is at least one cased character in the string."
    )]
    fn islower(&self) -> bool {
        let mut any = false;
        for code_point in self.data().iter() {
            if characters::is_upper(code_point) || characters::is_title(code_point) {
                return false;
            }
            any |= characters::is_lower(code_point);
        }
        any
    }

    #[method(
        "isupper($self, /)",
        doc = "Return True if the string is an uppercase string, False otherwise.

A string is uppercase if all cased characters in the string are
uppercase and there is at least one cased character in the string."
    )]
    fn isupper(&self) -> bool {
        let mut any = false;
        for code_point in self.data().iter() {
            if characters::is_lower(code_point) || characters::is_title(code_point) {
                return false;
            }
            any |= characters::is_upper(code_point);
        }
        any
    }

    #[method(
        "istitle($self, /)",
        doc = "Return True if the string is a title-cased string, False otherwise.

In a title-cased string, upper- and title-case characters may only
follow uncased characters and lowercase characters only cased ones."
    )]
    fn istitle(&self) -> bool {
        let (mut any, mut in_word) = (false, false);
        for code_point in self.data().iter() {
            let starts = characters::is_upper(code_point) || characters::is_title(code_point);
            let follows = !starts && characters::is_lower(code_point);
            if starts && in_word || follows && !in_word {
                return false;
            }
            in_word = starts || follows;
            any |= in_word;
        }
        any
    }

    #[method(
        "isspace($self, /)",
        doc = "Return True if the string is a whitespace string, False otherwise.

A string is whitespace if all characters in the string are
whitespace and there is at least one character in the string."
    )]
    fn isspace(&self) -> bool {
        all(self, is_space)
    }

    #[method(
        "isdecimal($self, /)",
        doc = "Return True if the string is a decimal string, False otherwise.

A string is a decimal string if all characters in the string are
decimal and there is at least one character in the string."
    )]
    fn isdecimal(&self) -> bool {
        all(self, characters::is_decimal)
    }

    #[method(
        "isdigit($self, /)",
        doc = "Return True if the string is a digit string, False otherwise.

A string is a digit string if all characters in the string are
digits and there is at least one character in the string."
    )]
    fn isdigit(&self) -> bool {
        all(self, characters::is_digit)
    }

    #[method(
        "isnumeric($self, /)",
        doc = "Return True if the string is a numeric string, False otherwise.

A string is numeric if all characters in the string are numeric and
there is at least one character in the string."
    )]
    fn isnumeric(&self) -> bool {
        all(self, characters::is_numeric)
    }

    #[method(
        "isalpha($self, /)",
        doc = "Return True if the string is an alphabetic string, False otherwise.

A string is alphabetic if all characters in the string are
alphabetic and there is at least one character in the string."
    )]
    fn isalpha(&self) -> bool {
        all(self, characters::is_alpha)
    }

    #[method(
        "isalnum($self, /)",
        doc = "Return True if the string is an alpha-numeric string, False otherwise.

A string is alpha-numeric if all characters in the string are
alpha-numeric and there is at least one character in the string."
    )]
    fn isalnum(&self) -> bool {
        all(self, characters::is_alphanumeric)
    }

    #[method(
        "isidentifier($self, /)",
        doc = "Return True if the string is a valid Python identifier, False otherwise.

Call keyword.iskeyword(s) to test whether string s is a reserved
identifier, such as \"def\" or \"class\"."
    )]
    fn isidentifier(&self) -> bool {
        is_identifier(self.data())
    }

    #[method(
        "isprintable($self, /)",
        doc = "Return True if all characters in the string are printable, False otherwise.

A character is printable if repr() may use it in its output."
    )]
    fn isprintable(&self) -> bool {
        self.data().iter().all(characters::is_printable)
    }
}
