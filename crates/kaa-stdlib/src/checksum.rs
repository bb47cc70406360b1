//! Checksums that several modules offer.

use kaa_objects::{PyResult, Value, Vm};

/// What is so long is summed up while other threads run.
const LONG: usize = 5 * 1024;

/// The low 32 bits of an integer of any size.
pub fn low_u32(vm: &Vm, value: Value) -> PyResult<u32> {
    if let Some(i) = value.as_small_int() {
        return Ok(i as u32);
    }
    let index = vm.index(value)?;
    let low = vm.with_int_words(index, |negative, words| {
        let low = words.first().map_or(0, |&word| word as u32);
        if negative { low.wrapping_neg() } else { low }
    });
    Ok(low.unwrap_or(0))
}

/// Continues a CRC-32 (that of zlib) over bytes.
pub fn crc32(vm: &Vm, crc: u32, bytes: &[u8]) -> u32 {
    match bytes.len() > LONG {
        true => vm.without_gil(|| zlib_rs::crc32::crc32(crc, bytes)),
        false => zlib_rs::crc32::crc32(crc, bytes),
    }
}

/// Continues an Adler-32 over bytes.
pub fn adler32(vm: &Vm, sum: u32, bytes: &[u8]) -> u32 {
    match bytes.len() > LONG {
        true => vm.without_gil(|| zlib_rs::adler32::adler32(sum, bytes)),
        false => zlib_rs::adler32::adler32(sum, bytes),
    }
}

/// Continues a CRC-CCITT over bytes: 16 bits, polynomial 0x1021, highest bit first.
pub fn crc_ccitt(crc: u16, bytes: &[u8]) -> u16 {
    const TABLE: [u16; 256] = {
        let mut table = [0; 256];
        let mut byte = 0;
        while byte < 256 {
            let mut crc = (byte as u16) << 8;
            let mut bit = 0;
            while bit < 8 {
                crc = if crc & 0x8000 != 0 { crc << 1 ^ 0x1021 } else { crc << 1 };
                bit += 1;
            }
            table[byte] = crc;
            byte += 1;
        }
        table
    };
    bytes.iter().fold(crc, |crc, &byte| crc << 8 ^ TABLE[usize::from((crc >> 8) as u8 ^ byte)])
}

#[cfg(test)]
mod tests {
    #[test]
    fn known_sums() {
        assert_eq!(super::crc_ccitt(0, b"123456789"), 0x31c3);
        assert_eq!(zlib_rs::crc32::crc32(0, b"123456789"), 0xcbf4_3926);
        assert_eq!(zlib_rs::adler32::adler32(1, b"Wikipedia"), 0x11e6_0398);
    }
}
