use super::error::Code;
use super::events::Event;
use super::parser::Parser;

/// The events of a document that comes in pieces, and how it ends.
fn events(pieces: &[&str], separator: Option<Option<char>>) -> (Vec<String>, Option<(Code, (usize, usize))>) {
    let mut parser = Parser::new(None, separator);
    let mut found = Vec::new();
    for (index, piece) in pieces.iter().enumerate() {
        parser.feed(piece.as_bytes(), index + 1 == pieces.len());
        loop {
            match parser.next() {
                Ok(Some(event)) => found.push(match event {
                    Event::Text(start, end) => format!("text {:?}", parser.text(start, end)),
                    Event::Char(c) => format!("char {c:?}"),
                    Event::Start { name } => {
                        let attributes: Vec<String> = parser
                            .attributes
                            .iter()
                            .map(|attribute| format!(" {}={:?}", attribute.name, attribute.value))
                            .collect();
                        format!("<{name}{}>", attributes.concat())
                    }
                    Event::End { name } => format!("</{name}>"),
                    Event::Default => continue,
                    event => format!("{event:?}"),
                }),
                Ok(None) => break,
                Err(failure) => return (found, Some((failure.code, parser.position()))),
            }
        }
    }
    (found, None)
}

#[test]
fn a_small_document() {
    let (found, failure) = events(&["<a x='1'>t\n&lt;<b/><![CDATA[<]]></a>"], None);
    assert_eq!(failure, None);
    let expected = [
        "<a x=\"1\">",
        "text \"t\"",
        "char '\\n'",
        "char '<'",
        "<b>",
        "</b>",
        "StartCdata",
        "text \"<\"",
        "EndCdata",
        "</a>",
    ];
    assert_eq!(found, expected);
}

#[test]
fn pieces_make_no_difference_to_markup() {
    let text = "<?xml version='1.0'?><!DOCTYPE a [<!ENTITY e 'x<b/>y'>]><a>&e;</a>";
    let whole = events(&[text], None);
    let pieces: Vec<&str> = (0..text.len()).map(|at| &text[at..=at]).collect();
    let (found, failure) = events(&pieces, None);
    assert_eq!(failure, None);
    assert_eq!(found, whole.0);
}

#[test]
fn namespaces() {
    let (found, failure) = events(&["<a xmlns='u' xmlns:p='v' p:x='1' y='2'><p:b/></a>"], Some(Some(' ')));
    assert_eq!(failure, None);
    assert_eq!(found[2], "<u a v x=\"1\" y=\"2\">");
    assert_eq!(found[3], "<v b>");
}

#[test]
fn errors_and_their_places() {
    for (text, code, place) in [
        ("", Code::NO_ELEMENTS, (1, 0)),
        ("<a>", Code::NO_ELEMENTS, (1, 3)),
        ("<a></b>", Code::TAG_MISMATCH, (1, 5)),
        ("<a/><b/>", Code::JUNK_AFTER_DOC_ELEMENT, (1, 4)),
        ("<a>\n&x;</a>", Code::UNDEFINED_ENTITY, (2, 0)),
        ("<a b='1' b='2'/>", Code::DUPLICATE_ATTRIBUTE, (1, 9)),
        ("x", Code::SYNTAX, (1, 0)),
        ("<a", Code::UNCLOSED_TOKEN, (1, 0)),
        ("<a>]]></a>", Code::INVALID_TOKEN, (1, 5)),
        ("<a>&#0;</a>", Code::BAD_CHAR_REF, (1, 3)),
        ("<a><![CDATA[", Code::UNCLOSED_CDATA_SECTION, (1, 12)),
        (" <?xml version='1.0'?><a/>", Code::MISPLACED_XML_PI, (1, 1)),
    ] {
        assert_eq!(events(&[text], None).1, Some((code, place)), "{text}");
    }
}

#[test]
fn entities_that_grow_are_stopped() {
    let mut text = "<!DOCTYPE a [<!ENTITY a0 'aaaaaaaaaa'>".to_owned();
    for i in 1..12 {
        let earlier = format!("&a{};", i - 1).repeat(10);
        text.push_str(&format!("<!ENTITY a{i} '{earlier}'>"));
    }
    text.push_str("]><a>&a11;</a>");
    assert_eq!(events(&[&text], None).1.map(|(code, _)| code), Some(Code::AMPLIFICATION_LIMIT_BREACH));
}
