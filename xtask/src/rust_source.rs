//! Rust source, line by line, with code and comments apart.

/// A line of source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// What is neither comment nor inside a string.
    pub code: String,
    pub comment: String,
}

/// Takes source apart. Good enough for counting, not for compiling.
pub fn lines(text: &str) -> Vec<Line> {
    let mut scanner = Scanner { chars: text.chars().collect(), position: 0, lines: vec![Line::default()] };
    scanner.run();
    scanner.lines
}

struct Scanner {
    chars: Vec<char>,
    position: usize,
    lines: Vec<Line>,
}

impl Scanner {
    fn run(&mut self) {
        while let Some(char) = self.peek(0) {
            match (char, self.peek(1)) {
                ('/', Some('/')) => self.line_comment(),
                ('/', Some('*')) => self.block_comment(),
                ('"', _) => self.string(),
                ('r', Some('"' | '#')) if !self.follows_name() && self.raw_string() => {}
                ('\'', _) => self.quote(),
                _ => self.code(1),
            }
        }
    }

    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.position + ahead).copied()
    }

    fn next(&mut self) -> Option<char> {
        let char = self.peek(0)?;
        self.position += 1;
        if char == '\n' {
            self.lines.push(Line::default());
        }
        Some(char)
    }

    fn code(&mut self, count: usize) {
        for _ in 0..count {
            if let Some(char) = self.next()
                && char != '\n'
                && let Some(line) = self.lines.last_mut()
            {
                line.code.push(char);
            }
        }
    }

    /// A name ends just before: a letter here does not begin a raw string.
    fn follows_name(&self) -> bool {
        let before = self.position.checked_sub(1).map(|at| self.chars[at]);
        before.is_some_and(|char| (char.is_alphanumeric() || char == '_') && char != 'b' && char != 'c')
    }

    fn comment_char(&mut self) -> Option<char> {
        let char = self.next()?;
        if char != '\n'
            && let Some(line) = self.lines.last_mut()
        {
            line.comment.push(char);
        }
        Some(char)
    }

    fn line_comment(&mut self) {
        while self.peek(0).is_some_and(|char| char != '\n') {
            self.comment_char();
        }
    }

    fn block_comment(&mut self) {
        let mut depth = 0;
        loop {
            match (self.peek(0), self.peek(1)) {
                (Some('/'), Some('*')) => depth += 1,
                (Some('*'), Some('/')) => depth -= 1,
                (None, _) => return,
                _ => {
                    self.comment_char();
                    continue;
                }
            }
            self.comment_char();
            self.comment_char();
            if depth == 0 {
                return;
            }
        }
    }

    fn string(&mut self) {
        self.code(1);
        while let Some(char) = self.next() {
            match char {
                '\\' => {
                    self.next();
                }
                '"' => break,
                _ => {}
            }
        }
    }

    fn raw_string(&mut self) -> bool {
        let hashes = self.chars[self.position + 1..].iter().take_while(|char| **char == '#').count();
        if self.peek(1 + hashes) != Some('"') {
            return false;
        }
        self.code(2 + hashes);
        let end: Vec<char> = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
        while self.position < self.chars.len() && !self.chars[self.position..].starts_with(&end) {
            self.next();
        }
        (0..end.len()).for_each(|_| {
            self.next();
        });
        true
    }

    /// A character, or the beginning of a lifetime.
    fn quote(&mut self) {
        let is_char = self.peek(1) == Some('\\') || self.peek(2) == Some('\'');
        self.code(1);
        if is_char {
            while let Some(char) = self.next() {
                match char {
                    '\\' => {
                        self.next();
                    }
                    '\'' => break,
                    _ => {}
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::lines;

    #[test]
    fn code_and_comments_come_apart() {
        let text = "let a = \"unsafe // no\"; // why\nlet b = r#\"x\"unsafe\"#; /* one\ntwo */ 'a: loop {}\nlet c = '\"'; '\\''";
        let found: Vec<(String, String)> = lines(text).into_iter().map(|line| (line.code, line.comment)).collect();
        let expected = [
            ("let a = \"; ", "// why"),
            ("let b = r#\"; ", "/* one"),
            (" 'a: loop {}", "two */"),
            ("let c = '; '", ""),
        ];
        assert_eq!(found, expected.map(|(code, comment)| (code.to_owned(), comment.to_owned())));
    }
}
