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
    #[method("isascii($self, /)")]
    fn isascii(&self) -> bool {
        self.is_ascii()
    }

    #[method("islower($self, /)")]
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

    #[method("isupper($self, /)")]
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

    #[method("istitle($self, /)")]
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

    #[method("isspace($self, /)")]
    fn isspace(&self) -> bool {
        all(self, is_space)
    }

    #[method("isdecimal($self, /)")]
    fn isdecimal(&self) -> bool {
        all(self, characters::is_decimal)
    }

    #[method("isdigit($self, /)")]
    fn isdigit(&self) -> bool {
        all(self, characters::is_digit)
    }

    #[method("isnumeric($self, /)")]
    fn isnumeric(&self) -> bool {
        all(self, characters::is_numeric)
    }

    #[method("isalpha($self, /)")]
    fn isalpha(&self) -> bool {
        all(self, characters::is_alpha)
    }

    #[method("isalnum($self, /)")]
    fn isalnum(&self) -> bool {
        all(self, characters::is_alphanumeric)
    }

    #[method("isidentifier($self, /)")]
    fn isidentifier(&self) -> bool {
        is_identifier(self.data())
    }

    #[method("isprintable($self, /)")]
    fn isprintable(&self) -> bool {
        self.data().iter().all(characters::is_printable)
    }
}
