//! UTF-8 in which lone surrogates are encoded like other code points (`surrogatepass`).

use super::MarshalError;

/// Checks that bytes are UTF-8 with lone surrogates allowed.
pub(super) fn check(text: &[u8]) -> Result<(), MarshalError> {
    let mut offset = 0;
    while let Err(error) = std::str::from_utf8(&text[offset..]) {
        let start = offset + error.valid_up_to();
        if let [0xED, 0xA0..=0xBF, 0x80..=0xBF, ..] = text[start..] {
            offset = start + 3;
            continue;
        }
        let (length, reason) = match error.error_len() {
            None => (text.len() - start, "unexpected end of data"),
            Some(length) if matches!(text[start], 0x80..=0xC1 | 0xF5..=0xFF) => (length, "invalid start byte"),
            Some(length) => (length, "invalid continuation byte"),
        };
        return Err(MarshalError::BadUtf8 { text: text.into(), start, end: start + length, reason });
    }
    Ok(())
}
