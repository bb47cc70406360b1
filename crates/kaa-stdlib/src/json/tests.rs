use kaa_objects::types::str::{StrBuilder, StrData};

use super::escape::Escape;
use super::string::plain_end;

fn escaped(escape: Escape, text: &str) -> String {
    let units: Vec<u32> = text.chars().map(u32::from).collect();
    let mut out = StrBuilder::default();
    escape.push(&mut out, StrData::Ucs4(&units));
    out.data().iter().filter_map(char::from_u32).collect()
}

#[test]
fn strings_are_escaped() {
    assert_eq!(escaped(Escape::Ascii, "a\"\\\n\u{7f}é€😀"), r#""a\"\\\n\u007f\u00e9\u20ac\ud83d\ude00""#);
    assert_eq!(escaped(Escape::Unicode, "a\"\\\u{1}\u{7f}é€😀"), "\"a\\\"\\\\\\u0001\u{7f}é€😀\"");
    assert_eq!(escaped(Escape::Ascii, ""), r#""""#);
}

#[test]
fn plain_characters_end() {
    assert_eq!(plain_end(b"abc\"", 0, true), 3);
    assert_eq!(plain_end(b"abc\\", 1, true), 3);
    assert_eq!(plain_end(b"a\nb", 0, true), 1);
    assert_eq!(plain_end(b"a\nb", 0, false), 3);
}
