use super::*;

fn form(form: Form, text: &str) -> String {
    let codes = normalize(form, text.chars().map(u32::from), Version::Current);
    codes.into_iter().filter_map(char::from_u32).collect()
}

#[test]
fn forms() {
    assert_eq!(form(Form::Nfd, "é"), "e\u{301}");
    assert_eq!(form(Form::Nfc, "e\u{301}"), "é");
    assert_eq!(form(Form::Nfkc, "ﬁ①"), "fi1");
    assert_eq!(form(Form::Nfd, "각가"), "\u{1100}\u{1161}\u{11a8}\u{1100}\u{1161}");
    assert_eq!(form(Form::Nfc, "\u{1100}\u{1161}\u{11a8}"), "각");
    // Combining characters are ordered by class, and block each other.
    assert_eq!(form(Form::Nfd, "a\u{301}\u{323}"), "a\u{323}\u{301}");
    assert_eq!(form(Form::Nfc, "a\u{323}\u{301}"), "ạ\u{301}");
    assert_eq!(form(Form::Nfc, "a\u{301}\u{301}"), "á\u{301}");
    // Excluded from composition.
    assert_eq!(form(Form::Nfc, "\u{958}"), "\u{915}\u{93c}");
    assert_eq!(form(Form::Nfd, "\u{fb2c}"), "\u{5e9}\u{5bc}\u{5c1}");
}

#[test]
fn an_older_version_keeps_what_it_does_not_know() {
    let old = |code| normalize(Form::Nfkc, [code].into_iter(), Version::Unicode3_2);
    assert_eq!(old(0x1f130), [0x1f130]);
    assert_eq!(old(0x2f868), [0x2136a]);
    assert_eq!(old(0xfb01), [0x66, 0x69]);
}

#[test]
fn what_is_normalized_is_seen() {
    let sure = |form, text: &str| is_surely_normalized(form, text.chars().map(u32::from));
    assert!(sure(Form::Nfc, "größe") && !sure(Form::Nfd, "größe") && sure(Form::Nfkc, "ascii"));
    assert!(!sure(Form::Nfc, "a\u{301}") && sure(Form::Nfd, "a\u{301}") && !sure(Form::Nfd, "a\u{301}\u{323}"));
}

#[test]
fn steps() {
    let step = decomposition(0x1d400).expect("it has one");
    assert_eq!((step.tag, step.parts().collect::<Vec<_>>()), ("font", vec![0x41]));
    assert!(decomposition(0x41).is_none());
    assert_eq!(hangul_parts(0xac01), Some([0x1100, 0x1161, 0x11a8]));
    assert_eq!(hangul_parts(0xac00), Some([0x1100, 0x1161, 0]));
}
