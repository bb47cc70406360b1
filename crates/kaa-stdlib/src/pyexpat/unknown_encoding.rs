//! Encodings that the parser does not know: their table comes from Python's codecs.

use kaa_objects::types::str::PyStr;
use kaa_objects::{PyResult, Vm};

/// ASCII that means nothing to the parser: an encoding may have other characters there.
const FREE: &[u8] = b"$@\\^`{}~\x7f";

/// The character of each byte. `None` when the encoding has others for characters of markup.
pub fn table(vm: &Vm, name: &str) -> PyResult<Option<Box<[Option<char>; 256]>>> {
    let mut all = [0; 256];
    all.iter_mut().enumerate().for_each(|(index, byte)| *byte = index as u8);
    let bytes = vm.new_bytes(&all)?;
    let (name, errors) = (vm.new_str(name)?, vm.new_str("replace")?);
    let text = vm.call_method_str(bytes.value(), "decode", &[name.value(), errors.value()])?;
    let text = vm.cast::<PyStr>(text).filter(|text| text.len() == 256);
    let Some(text) = text else {
        return Err(vm.value_error("multi-byte encodings are not supported"));
    };
    let mut table = Box::new([None; 256]);
    for (place, code_point) in table.iter_mut().zip(text.data().iter()) {
        *place = char::from_u32(code_point).filter(|&c| c != char::REPLACEMENT_CHARACTER);
    }
    let differs = |byte: u8| {
        let allowed = byte >= 0x20 || super::chars::is_space(byte);
        allowed && !FREE.contains(&byte) && table[usize::from(byte)] != Some(byte.into())
    };
    Ok(if (0..0x80).any(differs) { None } else { Some(table) })
}
