//! Padding, and the formats of `str`.

use super::Spec;
use crate::types::str::{Extent, PyStr, StrData, StrWriter};
use crate::{Gc, PyResult, Vm};

/// `format(text, spec)`.
pub fn format_str(vm: &Vm, text: Gc<PyStr>, format_spec: Gc<PyStr>) -> PyResult<Gc<PyStr>> {
    let spec = Spec::read(vm, format_spec, text.value())?;
    if spec.letter('s') != 's' {
        return Err(spec.unknown_code(vm, &vm.class_name(text.value())));
    }
    if let Some(grouping) = spec.grouping {
        return Err(vm.value_error(format_args!("Cannot specify '{}' with 's'.", grouping as char)));
    }
    let mistake = if let Some(sign) = spec.sign {
        Some(if sign == b' ' {
            "Space not allowed in string format specifier"
        } else {
            "Sign not allowed in string format specifier"
        })
    } else if spec.no_negative_zero {
        Some("Negative zero coercion (z) not allowed in string format specifier")
    } else if spec.alternate {
        Some("Alternate form (#) not allowed in string format specifier")
    } else if spec.align == Some(b'=') && !spec.zero_padded {
        Some("'=' alignment not allowed in string format specifier")
    } else {
        None
    };
    if let Some(mistake) = mistake {
        return Err(vm.value_error(mistake));
    }
    let len = spec.precision.map_or(text.len(), |most| most.min(text.len()));
    let align = match spec.align {
        None | Some(b'=') => b'<',
        Some(align) => align,
    };
    pad(vm, text.data().slice(0..len), spec.width, spec.fill, align)
}

/// A text padded to a width; `align` is `<`, `>` or `^`.
pub fn pad(vm: &Vm, text: StrData<'_>, width: usize, fill: u32, align: u8) -> PyResult<Gc<PyStr>> {
    let padding = width.saturating_sub(text.len());
    if padding == 0 {
        return vm.new_str_from_data(text);
    }
    let before = match align {
        b'>' => padding,
        b'^' => padding / 2,
        _ => 0,
    };
    let mut out = StrWriter::new(vm, Extent::of_data(text).and(vm, Extent::of_fill(fill, padding))?)?;
    out.fill(fill, before);
    out.push_data(text);
    out.fill(fill, padding - before);
    Ok(out.finish())
}
