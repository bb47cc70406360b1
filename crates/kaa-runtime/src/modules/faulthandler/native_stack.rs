//! The native stack of the calling thread, as the system's C library sees it.

use std::ffi::{CStr, c_void};
use std::fmt::Write as _;

use super::dump::Output;

const MAX_FRAMES: usize = 32;

/// Asks `dladdr1` for the loader's description of a file, whose first word says how far the file was
/// moved from where it was linked to be.
const RTLD_DL_LINKMAP: libc::c_int = 2;

/// The segment with the tables that say where a function has its caller. Executables that
/// `kaa build` makes have none unless asked to: there the C library must not try.
const PT_GNU_EH_FRAME: u32 = 0x6474_e550;

fn has_tables() -> bool {
    matches!(kaa_host::program::segment(PT_GNU_EH_FRAME), Some(Ok(_)))
}

/// Lets the C library load what it walks the stack with: it must not in a signal handler.
pub fn prepare() {
    if !has_tables() {
        return;
    }
    let mut frame = std::ptr::null_mut();
    // SAFETY: there is room for the one frame.
    unsafe { libc::backtrace(&raw mut frame, 1) };
}

/// Writes the native stack.
pub fn dump(output: &mut Output) -> std::fmt::Result {
    output.write_str("Current thread's C stack trace (most recent call first):\n")?;
    let mut frames = [std::ptr::null_mut::<c_void>(); MAX_FRAMES];
    let depth = match has_tables() {
        // SAFETY: there is room for so many frames.
        true => unsafe { libc::backtrace(frames.as_mut_ptr(), MAX_FRAMES as libc::c_int) },
        false => 0,
    };
    let depth = usize::try_from(depth).unwrap_or(0);
    if depth == 0 {
        return output.write_str("  <cannot get C stack on this system>\n");
    }
    for &address in &frames[..depth] {
        frame(output, address)?;
    }
    if depth == MAX_FRAMES { output.write_str("  <truncated rest of calls>\n") } else { Ok(()) }
}

fn frame(output: &mut Output, address: *mut c_void) -> std::fmt::Result {
    // SAFETY: the structs are filled in by the call; the texts belong to the loader.
    let (known, info, moved) = unsafe {
        let mut info = std::mem::zeroed::<libc::Dl_info>();
        let mut file = std::ptr::null_mut::<c_void>();
        let known = libc::dladdr1(address, &mut info, &raw mut file, RTLD_DL_LINKMAP) != 0;
        let moved = if known && !file.is_null() { *file.cast::<usize>() } else { 0 };
        (known && !info.dli_fname.is_null(), info, moved)
    };
    // SAFETY: the loader's texts end with a zero.
    let text = |start: *const libc::c_char| unsafe { CStr::from_ptr(start) }.to_bytes();
    if !known || text(info.dli_fname).is_empty() {
        return writeln!(output, "  Binary file \"<unknown>\" [{:#x}]", address as usize);
    }
    output.write_str("  Binary file \"")?;
    output.bytes(text(info.dli_fname))?;
    output.write_str("\"")?;
    // Without a symbol the place is told from the start of the file, if that was moved.
    let named = !info.dli_sname.is_null();
    let start = if named { info.dli_saddr as usize } else { moved };
    if start != 0 {
        output.write_str(", at ")?;
        output.bytes(if named { text(info.dli_sname) } else { b"" })?;
        let sign = if address as usize >= start { '+' } else { '-' };
        write!(output, "{sign}{:#x}", (address as usize).abs_diff(start))?;
    }
    writeln!(output, " [{:#x}]", address as usize)
}
