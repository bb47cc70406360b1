//! How far an object reaches in a stream, for a reader that must take no byte too many.

use super::{MAX_DEPTH, types};

/// Takes the bytes of one object from a stream: `more` appends as many as it is asked for, and may
/// append fewer at the end of the stream. What is not understood ends the object: whoever reads the
/// bytes then finds the mistake, or the end, in its place.
pub fn collect<E>(mut more: impl FnMut(usize, &mut Vec<u8>) -> Result<(), E>) -> Result<Vec<u8>, E> {
    let mut data = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    loop {
        if open.len() > MAX_DEPTH {
            return Ok(data);
        }
        match object(&mut data, &mut more)? {
            Some(Step::Whole | Step::Open(Open::Items(0))) => {}
            Some(Step::Open(container)) => {
                open.push(container);
                continue;
            }
            // Ends a dict; elsewhere it is a mistake.
            Some(Step::Nothing) => match open.pop() {
                Some(Open::Dict) => {}
                _ => return Ok(data),
            },
            None => return Ok(data),
        }
        // An object is there: it may be the last one of those around it.
        while let Some(container) = open.last_mut() {
            let left = match container {
                Open::Dict => break,
                Open::Items(left) => left,
                Open::Code(left) => {
                    if *left == FIELDS_AFTER_LINE + 1 && number(&mut data, &mut more)?.is_none() {
                        return Ok(data);
                    }
                    left
                }
            };
            *left -= 1;
            if *left > 0 {
                break;
            }
            open.pop();
        }
        if open.is_empty() {
            return Ok(data);
        }
    }
}

/// A container, and how many objects it still misses.
enum Open {
    Items(usize),
    /// Ends by itself.
    Dict,
    /// A number comes before the last fields.
    Code(usize),
}

const FIELDS: usize = 10;
const FIELDS_AFTER_LINE: usize = 2;

enum Step {
    Whole,
    Nothing,
    Open(Open),
}

/// Takes so many bytes; nothing when there are fewer.
fn take<E>(
    count: usize,
    data: &mut Vec<u8>,
    more: &mut impl FnMut(usize, &mut Vec<u8>) -> Result<(), E>,
) -> Result<Option<usize>, E> {
    let start = data.len();
    if count > 0 {
        more(count, data)?;
    }
    Ok((data.len() == start + count).then_some(start))
}

fn number<E>(
    data: &mut Vec<u8>,
    more: &mut impl FnMut(usize, &mut Vec<u8>) -> Result<(), E>,
) -> Result<Option<i32>, E> {
    let start = take(4, data, more)?;
    Ok(start.and_then(|start| data[start..].first_chunk().map(|bytes| i32::from_le_bytes(*bytes))))
}

/// Takes an object, or the beginning of one that holds others.
fn object<E>(
    data: &mut Vec<u8>,
    more: &mut impl FnMut(usize, &mut Vec<u8>) -> Result<(), E>,
) -> Result<Option<Step>, E> {
    let Some(start) = take(1, data, more)? else { return Ok(None) };
    let whole = |taken: Option<usize>| Ok(taken.map(|_| Step::Whole));
    match data[start] & !types::FLAG_REF {
        types::NULL => Ok(Some(Step::Nothing)),
        types::NONE | types::FALSE | types::TRUE | types::STOP_ITERATION | types::ELLIPSIS => Ok(Some(Step::Whole)),
        types::INT | types::REF => whole(take(4, data, more)?),
        types::INT64 | types::BINARY_FLOAT => whole(take(8, data, more)?),
        types::BINARY_COMPLEX => whole(take(16, data, more)?),
        kind @ (types::FLOAT | types::COMPLEX) => {
            for _ in 0..if kind == types::COMPLEX { 2 } else { 1 } {
                let Some(at) = take(1, data, more)? else { return Ok(None) };
                if take(usize::from(data[at]), data, more)?.is_none() {
                    return Ok(None);
                }
            }
            Ok(Some(Step::Whole))
        }
        types::LONG => match number(data, more)? {
            Some(length) => whole(take(length.unsigned_abs() as usize * 2, data, more)?),
            None => Ok(None),
        },
        types::SHORT_ASCII | types::SHORT_ASCII_INTERNED => match take(1, data, more)? {
            Some(at) => whole(take(usize::from(data[at]), data, more)?),
            None => Ok(None),
        },
        types::STRING | types::ASCII | types::ASCII_INTERNED | types::UNICODE | types::INTERNED => {
            match number(data, more)?.map(usize::try_from) {
                Some(Ok(length)) => whole(take(length, data, more)?),
                _ => Ok(None),
            }
        }
        types::SMALL_TUPLE => Ok(take(1, data, more)?.map(|at| Step::Open(Open::Items(usize::from(data[at]))))),
        types::TUPLE | types::LIST | types::SET | types::FROZENSET => match number(data, more)?.map(usize::try_from) {
            Some(Ok(length)) => Ok(Some(Step::Open(Open::Items(length)))),
            _ => Ok(None),
        },
        types::DICT => Ok(Some(Step::Open(Open::Dict))),
        types::SLICE => Ok(Some(Step::Open(Open::Items(3)))),
        types::CODE => Ok(take(20, data, more)?.map(|_| Step::Open(Open::Code(FIELDS)))),
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is taken of data, and how many times something was asked for after its end.
    fn taken(data: &[u8]) -> usize {
        let mut rest = data;
        let more = |count: usize, out: &mut Vec<u8>| -> Result<(), ()> {
            let (here, after) = rest.split_at(count.min(rest.len()));
            out.extend_from_slice(here);
            rest = after;
            Ok(())
        };
        collect(more).map_or(0, |data| data.len())
    }

    #[test]
    fn objects_end_where_they_should() {
        let file = &include_bytes!("../../tests/data/plain.pyc")[16..];
        let mut longer = file.to_vec();
        longer.extend_from_slice(b"and more");
        assert_eq!(taken(&longer), file.len());
        for (data, length) in [
            (&b"Nx"[..], 1),
            (b"[\0\0\0\0x", 5),
            (b"[\x02\0\0\0N)\x01Tx", 9),
            (b"{NT0x", 4),
            (b"{N{0{0x", 7),
            (b"l\xfe\xff\xff\xff\x01\0\x01\0x", 9),
            (b"f\x031.5x", 5),
            (b":NNNx", 4),
            (b"?x", 1),
            (b"0x", 1),
            (b"s\x05\0\0\0abc", 8),
        ] {
            assert_eq!(taken(data), length, "{data:?}");
        }
        for end in 0..file.len() {
            assert_eq!(taken(&file[..end]), end);
        }
        assert!(taken(&b")\x01".repeat(5000)) < 5000);
    }
}
