//! Bytes as CPython 3.14 writes them, and what it says of bytes that it does not.

use std::sync::Arc;

use super::*;
use crate::{BigInt, Constant};

/// `.pyc` files that CPython 3.14 compiled from the source beside them.
const FILES: [&[u8]; 3] = [
    include_bytes!("../../tests/data/plain.pyc"),
    include_bytes!("../../tests/data/classes.pyc"),
    include_bytes!("../../tests/data/constants.pyc"),
];

fn read_one(data: &[u8]) -> Result<Constant, MarshalError> {
    read_constant(data, ReadOptions::default())
}

fn text(text: &str) -> Constant {
    Constant::Str(text.as_bytes().into())
}

fn tuple<const N: usize>(items: [Constant; N]) -> Constant {
    Constant::Tuple(items.into())
}

#[track_caller]
fn check_error(data: &[u8], error_type: ErrorType, message: &str) {
    let error = read_one(data).unwrap_err();
    assert_eq!((error.error_type(), error.to_string().as_str()), (error_type, message), "{data:?}");
}

#[test]
fn files_of_cpython_come_out_as_they_went_in() {
    for file in FILES {
        let body = &file[16..];
        let code = read_code(body).unwrap();
        let written = write_code(&code, VERSION).unwrap();
        assert!(written == body, "{:?}", code.filename);
        assert_eq!(read_code(&written).unwrap(), code);
    }
}

#[test]
fn every_version() {
    let value = Constant::List(
        [
            text("a"),
            text("é"),
            Constant::Float(1.5),
            Constant::Complex { real: 0.0, imag: 2.0 },
            Constant::BigInt(BigInt { negative: false, digits: [0x6310_0000, 0x6bc7_5e2d, 5].into() }),
            tuple([Constant::Int(1)]),
        ]
        .into(),
    );
    let expected: [&[u8]; 6] = [
        b"[\x06\0\0\0u\x01\0\0\0au\x02\0\0\0\xc3\xa9f\x031.5x\x010\x012l\x05\0\0\0\0\0 F\xb5x:^V\0(\x01\0\0\0i\x01\0\0\0",
        b"[\x06\0\0\0u\x01\0\0\0au\x02\0\0\0\xc3\xa9f\x031.5x\x010\x012l\x05\0\0\0\0\0 F\xb5x:^V\0(\x01\0\0\0i\x01\0\0\0",
        b"[\x06\0\0\0u\x01\0\0\0au\x02\0\0\0\xc3\xa9g\0\0\0\0\0\0\xf8?y\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0@l\x05\0\0\0\0\0 F\xb5x:^V\0(\x01\0\0\0i\x01\0\0\0",
        b"\xdb\x06\0\0\0\xf4\x01\0\0\0a\xf4\x02\0\0\0\xc3\xa9g\0\0\0\0\0\0\xf8?y\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0@l\x05\0\0\0\0\0 F\xb5x:^V\0(\x01\0\0\0\xe9\x01\0\0\0",
        b"\xdb\x06\0\0\0\xda\x01a\xf4\x02\0\0\0\xc3\xa9g\0\0\0\0\0\0\xf8?y\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0@l\x05\0\0\0\0\0 F\xb5x:^V\0)\x01\xe9\x01\0\0\0",
        b"\xdb\x06\0\0\0\xda\x01a\xf4\x02\0\0\0\xc3\xa9g\0\0\0\0\0\0\xf8?y\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0@l\x05\0\0\0\0\0 F\xb5x:^V\0)\x01\xe9\x01\0\0\0",
    ];
    for (version, expected) in expected.iter().enumerate() {
        let written = write_constant(&value, version as i32).unwrap();
        assert_eq!(written, *expected, "version {version}");
        assert_eq!(read_one(&written).unwrap(), value, "version {version}");
    }
}

#[test]
fn every_type_comes_back() {
    let long = "x".repeat(300);
    for value in [
        Constant::None,
        Constant::Bool(true),
        Constant::Bool(false),
        Constant::Ellipsis,
        Constant::StopIteration,
        Constant::Int(i64::MIN),
        Constant::Int(i64::MAX),
        Constant::Int(0),
        Constant::Int(-1 << 31),
        Constant::Int(1 << 31),
        Constant::BigInt(BigInt { negative: true, digits: [0, 0, 1].into() }),
        Constant::BigInt(BigInt { negative: false, digits: [u32::MAX; 40].into() }),
        Constant::Float(-0.0),
        Constant::Str(Arc::from(*b"\xed\xb2\x80")),
        text(&long),
        text("two words"),
        Constant::Bytes(Arc::from(*b"\0\xff")),
        Constant::Set([Constant::Int(1)].into()),
        Constant::FrozenSet([].into()),
        Constant::Dict([(text("a"), Constant::None), (text("b"), text("a"))].into()),
        Constant::Slice([Constant::None, Constant::Int(1000), text("x")].into()),
        Constant::Tuple(vec![Constant::None; 300].into()),
    ] {
        let written = write_constant(&value, VERSION).unwrap();
        assert_eq!(read_one(&written).unwrap(), value);
    }
    assert_eq!(read_one(b"I\xff\xff\xff\xff\xff\xff\xff\x7f").unwrap(), Constant::Int(i64::MAX));
    assert_eq!(read_one(b"z\x01\xe9").unwrap(), text("é"));
    assert_eq!(read_one(b"f\x0312\0").unwrap(), Constant::Float(12.0));
}

#[test]
fn what_is_shared_is_referred_to() {
    let same = tuple([text("two words"), Constant::Int(1000)]);
    let value = tuple([same.clone(), same, Constant::Int(1000), Constant::Int(1), Constant::Int(1)]);
    let written = write_constant(&value, VERSION).unwrap();
    assert_eq!(
        written,
        b"\xa9\x05\xa9\x02z\x09two words\xe9\xe8\x03\0\0r\x01\0\0\0r\x02\0\0\0\xe9\x01\0\0\0r\x03\0\0\0"
    );
    assert_eq!(read_one(&written).unwrap(), value);
    // What only looks alike is not shared.
    let value = tuple([tuple([Constant::None]), tuple([Constant::Bool(true)]), tuple([Constant::Ellipsis])]);
    assert_eq!(write_constant(&value, VERSION).unwrap(), b"\xa9\x03)\x01N)\x01T)\x01.");
}

#[test]
fn sets_are_written_in_the_order_of_their_bytes() {
    let value = Constant::FrozenSet([text("d e"), Constant::Float(3.5), text("abc")].into());
    let written = write_constant(&value, VERSION).unwrap();
    assert_eq!(written, b"\xbe\x03\0\0\0\xda\x03abc\xe7\0\0\0\0\0\0\x0c@\xfa\x03d e");
}

#[test]
fn a_graph_of_shared_tuples_takes_no_longer_than_its_parts() {
    let mut value = tuple([Constant::Int(1)]);
    for _ in 0..60 {
        value = tuple([value.clone(), value]);
    }
    let written = write_constant(&value, VERSION).unwrap();
    assert!(written.len() < 1000);
    // Comparing would visit every path, so compare what is written again.
    assert_eq!(write_constant(&read_one(&written).unwrap(), VERSION).unwrap(), written);
}

#[test]
fn errors_have_cpythons_texts() {
    use ErrorType::*;
    check_error(b"", EofError, "EOF read where object expected");
    check_error(b"(", EofError, "marshal data too short");
    check_error(b"i\0\0", EofError, "marshal data too short");
    check_error(b")\x01", EofError, "EOF read where object expected");
    check_error(b")", EofError, "EOF read where object expected");
    check_error(b")\x010", TypeError, "NULL object in marshal data for tuple");
    check_error(b"[\x01\0\0\x000", TypeError, "NULL object in marshal data for list");
    check_error(b">\x01\0\0\x000", TypeError, "NULL object in marshal data for set");
    check_error(b"0", TypeError, "NULL object in marshal data for object");
    check_error(b":N0N", TypeError, "NULL object in marshal data for object");
    check_error(b")\x01:N0N", TypeError, "NULL object in marshal data for tuple");
    check_error(b"\xdd\0", ValueError, "bad marshal data (unknown type code)");
    check_error(b"(\xff\xff\xff\xff", ValueError, "bad marshal data (tuple size out of range)");
    check_error(b"[\xff\xff\xff\xff", ValueError, "bad marshal data (list size out of range)");
    check_error(b"<\xff\xff\xff\xff", ValueError, "bad marshal data (set size out of range)");
    check_error(b"s\xff\xff\xff\xff", ValueError, "bad marshal data (bytes object size out of range)");
    check_error(b"u\xff\xff\xff\xff", ValueError, "bad marshal data (string size out of range)");
    check_error(b"l\0\0\0\x80", ValueError, "bad marshal data (long size out of range)");
    check_error(b"l\x01\0\0\0\0\0", ValueError, "bad marshal data (unnormalized long data)");
    check_error(b"l\x01\0\0\0\0\x80", ValueError, "bad marshal data (digit out of range in long)");
    check_error(b"l\xff\xff\xff\x7f\x01\0", EofError, "marshal data too short");
    check_error(b"r\0\0\0\0", ValueError, "bad marshal data (invalid reference)");
    check_error(b"\xbe\x01\0\0\0r\0\0\0\0", ValueError, "bad marshal data (invalid reference)");
    check_error(b"\xba\xf2\0\0\0\0NN", ValueError, "bad marshal data (invalid reference)");
    check_error(b"f\x03abc", ValueError, "could not convert string to float: 'abc'");
    check_error(b"f\x03 12", ValueError, "could not convert string to float: ' 12'");
    check_error(
        b"u\x02\0\0\0\xff\xff",
        UnicodeDecodeError,
        "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte",
    );
    check_error(
        b"u\x03\0\0\0a\xe2\x82",
        UnicodeDecodeError,
        "'utf-8' codec can't decode bytes in position 1-2: unexpected end of data",
    );
    assert_eq!(read_one(b"{0").unwrap(), Constant::Dict([].into()));
    assert_eq!(read_one(b"{i\x01\0\0\x0000").unwrap(), Constant::Dict([].into()));
    let code = [b"c".as_slice(), &[0; 20], &[b'N'; 10]].concat();
    assert!(matches!(read_one(&code), Err(MarshalError::TooShort)));
    let options = ReadOptions { allow_code: false };
    let error = read_constant(FILES[0].get(16..).unwrap(), options).unwrap_err();
    assert_eq!(error.to_string(), "unmarshalling code objects is disallowed");
}

#[test]
fn sets_in_sets_take_no_longer_than_their_depth() {
    let mut value = Constant::FrozenSet([Constant::Int(1)].into());
    for _ in 0..50 {
        value = Constant::FrozenSet([value, Constant::Int(2)].into());
    }
    assert_eq!(read_one(&write_constant(&value, VERSION).unwrap()).unwrap().repr().len(), value.repr().len());
    for _ in 0..1000 {
        value = Constant::FrozenSet([value].into());
    }
    assert_eq!(write_constant(&value, VERSION), Err(MarshalError::TooDeeplyNested));
}

#[test]
fn nesting_has_a_limit_in_both_directions() {
    let nested = |depth: usize| [b")\x01".repeat(depth), b")\0".to_vec()].concat();
    let deepest = read_one(&nested(MAX_DEPTH - 1)).unwrap();
    check_error(&nested(MAX_DEPTH), ErrorType::ValueError, "recursion limit exceeded");
    assert_eq!(read_one(&write_constant(&deepest, VERSION).unwrap()).unwrap(), deepest);
    let error = write_constant(&tuple([deepest]), VERSION).unwrap_err();
    assert_eq!(error.to_string(), "object too deeply nested to marshal");
    check_error(&b"{".repeat(100_000), ErrorType::ValueError, "recursion limit exceeded");
    assert_eq!(
        write_constant(&Constant::Slice([Constant::None, Constant::None, Constant::None].into()), 4)
            .unwrap_err()
            .to_string(),
        "unmarshallable object"
    );
}

/// A generator of numbers that needs no crate: xorshift.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % limit
    }
}

/// Damages a file: other bytes, bytes gone, bytes twice, sizes blown up.
fn mutate(file: &[u8], random: &mut Random) -> Vec<u8> {
    let mut data = file.to_vec();
    for _ in 0..=random.below(4) {
        let at = random.below(data.len());
        match random.below(6) {
            0 => data[at] = random.below(256) as u8,
            1 => data[at] ^= 1 << random.below(8),
            2 => data.truncate(at.max(1)),
            3 => {
                let end = (at + 1 + random.below(16)).min(data.len());
                data.drain(at..end);
            }
            4 => {
                let end = (at + 1 + random.below(64)).min(data.len());
                let copy = data[at..end].to_vec();
                let to = random.below(data.len());
                data.splice(to..to, copy);
            }
            _ => {
                let end = (at + 4).min(data.len());
                data[at..end].copy_from_slice(&[0xff, 0xff, 0xff, 0x7f][..end - at]);
            }
        }
        if data.is_empty() {
            data.push(0);
        }
    }
    data
}

#[test]
fn ten_thousand_damaged_files_give_errors_or_objects() {
    let mut random = Random(0x6b61_6131);
    let (mut errors, mut objects) = (0, 0);
    for round in 0..10_000 {
        let data = mutate(FILES[round % FILES.len()], &mut random);
        match crate::pyc::read_header(&data, "m").and_then(|_| crate::pyc::read_body(&data, "m.pyc")) {
            Err(error) => {
                assert!(!error.to_string().is_empty());
                errors += 1;
            }
            Ok(code) => {
                // Whatever was read can be printed, asked for its lines, and written.
                let options = crate::dis::DisOptions { show_positions: true, ..Default::default() };
                assert!(!crate::dis::dis(&code, &options).is_empty());
                for offset in 0..64 {
                    let table = crate::LocationTable::new(&code.linetable, code.firstlineno);
                    let _ =
                        (table.line_at(offset), crate::ExceptionTable::new(&code.exceptiontable).handler_at(offset));
                }
                assert!(write_code(&code, VERSION).is_ok());
                objects += 1;
            }
        }
    }
    assert!(errors > 5_000 && objects > 500, "{errors} errors, {objects} objects");
}
