//! Quoted-printable.

/// The longest line of encoded text.
const LINE: usize = 76;

fn hex_value(character: u8) -> Option<u8> {
    (character as char).to_digit(16).map(|digit| digit as u8)
}

/// Decodes text; in a header underscores are spaces.
pub fn decode(text: &[u8], header: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        match text[at] {
            b'=' => {
                at += 1;
                let Some(&next) = text.get(at) else { break };
                match (next, text.get(at + 1).copied()) {
                    // A soft line break: the rest of the line goes.
                    (b'\n' | b'\r', _) => {
                        if next != b'\n' {
                            at += memchr::memchr(b'\n', &text[at..]).unwrap_or(text.len() - at);
                        }
                        at += usize::from(at < text.len());
                    }
                    // Broken encoders write two equal signs for one.
                    (b'=', _) => {
                        out.push(b'=');
                        at += 1;
                    }
                    (high, Some(low)) if hex_value(high).is_some() && hex_value(low).is_some() => {
                        out.push(hex_value(high).unwrap_or(0) << 4 | hex_value(low).unwrap_or(0));
                        at += 2;
                    }
                    _ => out.push(b'='),
                }
            }
            b'_' if header => {
                out.push(b' ');
                at += 1;
            }
            byte => {
                out.push(byte);
                at += 1;
            }
        }
    }
    out
}

/// What to quote besides what has to be.
#[derive(Clone, Copy)]
pub struct Options {
    /// Quote all tabs and spaces.
    pub quote_tabs: bool,
    /// The bytes are text, whose line ends stay.
    pub is_text: bool,
    /// Spaces become underscores.
    pub header: bool,
}

/// Encodes bytes.
pub fn encode(bytes: &[u8], options: Options) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + bytes.len() / 8);
    // The text's own line ends are kept as they are.
    let crlf = memchr::memchr(b'\n', bytes).is_some_and(|at| at > 0 && bytes[at - 1] == b'\r');
    let mut line = 0;
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        let next = bytes.get(at + 1).copied();
        if must_be_quoted(bytes, at, line, options) {
            if line + 3 >= LINE {
                soft_break(&mut out, crlf);
                line = 0;
            }
            push_quoted(&mut out, byte);
            at += 1;
            line += 3;
        } else if options.is_text && (byte == b'\n' || (byte == b'\r' && next == Some(b'\n'))) {
            line = 0;
            // White space at the end of a line would get lost.
            if let Some(&last @ (b' ' | b'\t')) = out.last() {
                out.pop();
                push_quoted(&mut out, last);
            }
            if crlf {
                out.push(b'\r');
            }
            out.push(b'\n');
            at += if byte == b'\r' { 2 } else { 1 };
        } else {
            if next.is_some() && next != Some(b'\n') && line + 1 >= LINE {
                soft_break(&mut out, crlf);
                line = 0;
            }
            line += 1;
            out.push(if options.header && byte == b' ' { b'_' } else { byte });
            at += 1;
        }
    }
    out
}

fn must_be_quoted(bytes: &[u8], at: usize, line: usize, options: Options) -> bool {
    let (byte, next) = (bytes[at], bytes.get(at + 1).copied());
    match byte {
        127.. | b'=' => true,
        b'_' => options.header,
        // A lone dot ends mail.
        b'.' => line == 0 && matches!(next, None | Some(b'\n' | b'\r' | 0)),
        b'\n' | b'\r' => !options.is_text,
        b'\t' | b' ' => next.is_none() || options.quote_tabs,
        0..=32 => true,
        _ => false,
    }
}

fn push_quoted(out: &mut Vec<u8>, byte: u8) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    out.extend_from_slice(&[b'=', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
}

fn soft_break(out: &mut Vec<u8>, crlf: bool) {
    out.extend_from_slice(if crlf { b"=\r\n" } else { b"=\n" });
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: Options = Options { quote_tabs: false, is_text: true, header: false };

    #[test]
    fn round_trips() {
        assert_eq!(encode(b"a=b \n\xff", TEXT), b"a=3Db=20\n=FF");
        assert_eq!(decode(b"a=3Db=20\n=FF=\n!", false), b"a=b \n\xff!");
        assert_eq!(encode(b"a b_", Options { header: true, ..TEXT }), b"a_b=5F");
        assert_eq!(encode(&[b'x'; 80], TEXT).iter().position(|&byte| byte == b'\n'), Some(76));
    }
}
