//! Keyword arguments that a function does not take: what to say of them.

use super::Args;
use crate::suggest::suggestion;
use crate::{PyResult, Raised, Vm};

impl Vm {
    /// The error for keyword arguments of which not all could be taken. `known` are the names that
    /// the function takes by keyword, `function` is its name with `()`.
    #[cold]
    pub fn unexpected_keyword(&self, function: &str, known: &[&str], args: Args<'_>) -> Raised {
        match self.first_unknown(known, args) {
            Err(raised) => raised,
            // Its class says that it equals a parameter, but its text does not.
            Ok(None) => self.type_error(format_args!("invalid keyword argument for {function}")),
            Ok(Some(keyword)) => {
                let hint = match suggestion(&keyword, known) {
                    Some(name) => format!(". Did you mean '{name}'?"),
                    None => String::new(),
                };
                self.type_error(format_args!("{function} got an unexpected keyword argument '{keyword}'{hint}"))
            }
        }
    }

    /// The text of the first keyword that equals no parameter.
    fn first_unknown(&self, known: &[&str], args: Args<'_>) -> PyResult<Option<String>> {
        'keywords: for (keyword, _) in args.keywords() {
            for name in known {
                if self.equal(self.intern(name).value(), keyword.value())? {
                    continue 'keywords;
                }
            }
            return Ok(Some(keyword.to_string_lossy()));
        }
        Ok(None)
    }

    /// The check of functions that parse their keyword arguments apart from the others: more than
    /// there are parameters are counted, not looked at.
    #[inline]
    pub fn check_keyword_count(&self, function: &str, most: usize, args: Args<'_>) -> PyResult<()> {
        let given = args.kwnames().map_or(0, |names| names.len());
        if given <= most {
            return Ok(());
        }
        let s = if most == 1 { "" } else { "s" };
        Err(self.type_error(format_args!("{function}() takes at most {most} keyword argument{s} ({given} given)")))
    }
}
