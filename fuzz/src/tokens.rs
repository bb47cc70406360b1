//! Bytes as a text to tokenize: tokens in order, whose texts stand where they say.

use kaa_parser::{TokenFailure, TokenList, dump_tokens, tokenize};

pub fn check(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if text.contains('\0') {
        return;
    }
    for extra in [false, true] {
        let TokenList { tokens, failure } = tokenize(&text, extra);
        let mut last = 0;
        for token in &tokens {
            assert!(text.get(token.text.clone()).is_some(), "no text at {token:?}");
            assert!(text.get(token.lines.clone()).is_some(), "no lines at {token:?}");
            // What stands nowhere, as the end of the source: its text is empty and begins anywhere.
            if token.start.1 < 0 || token.text.is_empty() {
                continue;
            }
            assert!(token.text.start >= last, "{token:?} begins before the last one ends");
            assert!(token.start <= token.end, "{token:?} ends before it begins");
            last = token.text.end;
        }
        if let Some(TokenFailure::Syntax(error)) = failure {
            let _ = error.to_string();
        }
    }
    let _ = dump_tokens(&text).is_ok();
}
