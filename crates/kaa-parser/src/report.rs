//! Syntax errors as Python prints them: the place, the line with carets below it, the message.

use crate::{SyntaxError, quote_line};

impl SyntaxError {
    /// The text that Python prints for the error when it is in a file of this name.
    pub fn report(&self, filename: &str) -> String {
        if !self.kind.is_syntax_error() {
            return format!("{}: {}\n", self.kind.name(), self.message);
        }
        let mut out = format!("  File \"{filename}\", line {}\n", self.line);
        if let Some(text) = &self.text {
            let end = (self.end_offset >= 0).then_some(i64::from(self.end_offset));
            let same_line = self.line == self.end_line;
            out.push_str(&quote_line(text, Some(i64::from(self.offset)), same_line, end));
        }
        out.push_str(&format!("{}: {}\n", self.kind.name(), self.message));
        out
    }
}

#[cfg(test)]
mod tests {
    use crate::{ParseOptions, parse};

    #[test]
    fn reports_as_python_does() {
        let report = |source: &str| {
            let arena = kaa_ast::Arena::new();
            parse(source, &arena, &ParseOptions::default()).err().expect("an error").report("x.py")
        };
        let expected = "  File \"x.py\", line 1\n    f(a b)\n      ^^^\nSyntaxError: invalid syntax. Perhaps you forgot a comma?\n";
        assert_eq!(report("f(a b)\n"), expected);
        let expected = "  File \"x.py\", line 2\n    x\n    ^\nIndentationError: expected an indented block after 'if' statement on line 1\n";
        assert_eq!(report("if a:\nx\n"), expected);
    }
}
