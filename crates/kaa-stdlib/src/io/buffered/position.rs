//! Where a buffered stream is: `tell`, `seek`, `truncate`.

use kaa_objects::{PyResult, Raised, Value};

use super::super::file::offset_value;
use super::super::{base, unsupported};
use super::Stream;

impl Stream<'_> {
    /// Asks the raw stream where it is.
    pub(super) fn raw_tell(self) -> PyResult<i64> {
        let at = match self.plain_file() {
            Some(file) => file.seek_to(self.vm, 0, libc::SEEK_CUR)?,
            None => {
                let at = self.vm.call_method_str(self.raw()?, "tell", &[])?;
                offset_value(self.vm, at)?
            }
        };
        self.known_position(at)
    }

    /// Moves the raw stream.
    pub(super) fn raw_seek(self, target: i64, whence: i32) -> PyResult<i64> {
        let at = match self.plain_file() {
            Some(file) => file.seek_to(self.vm, target, whence)?,
            None => {
                let args = [self.vm.new_int(target)?, Value::small_int(whence.into())];
                let at = self.vm.call_method_str(self.raw()?, "seek", &args)?;
                offset_value(self.vm, at)?
            }
        };
        self.known_position(at)
    }

    fn known_position(self, at: i64) -> PyResult<i64> {
        if at < 0 {
            let text = format!("Raw stream returned invalid position {at}");
            return Err(self.vm.raise_new(self.vm.exceptions().OSError, text));
        }
        self.state.absolute.set(at);
        Ok(at)
    }

    /// `tell()`.
    pub fn tell(self) -> PyResult<i64> {
        let at = self.raw_tell()?;
        Ok((at - self.raw_offset()).max(0))
    }

    /// `seek(target, whence)`.
    pub fn seek(self, target: Value, whence: i32) -> PyResult<i64> {
        let (vm, state) = (self.vm, self.state);
        let raw = self.raw()?;
        match whence {
            0..=2 | libc::SEEK_DATA | libc::SEEK_HOLE => {}
            _ => return Err(vm.value_error(format_args!("whence value {whence} unsupported"))),
        }
        self.check_open_to_seek()?;
        match self.plain_file() {
            Some(file) if file.can_seek(vm)? => {}
            _ => base::check_seekable(vm, raw)?,
        }
        let mut target = offset_value(vm, target)?;
        if whence < 2 && state.readable.get() {
            // What is in the buffer need not be read again.
            let current = match state.absolute.get() {
                -1 => self.raw_tell()?,
                known => known,
            };
            let ahead = self.ahead();
            if ahead > 0 {
                let offset = if whence == 0 { target - (current - self.raw_offset()) } else { target };
                if offset >= -state.position.get() && offset <= ahead {
                    state.position.set(state.position.get() + offset);
                    return Ok((current - ahead + offset).max(0));
                }
            }
        }
        let _busy = self.enter()?;
        if state.writable.get() {
            self.write_out()?;
        }
        if whence == 1 {
            target -= self.raw_offset();
        }
        let at = self.raw_seek(target, whence)?;
        state.raw_position.set(-1);
        if state.readable.get() {
            self.forget_read();
        }
        Ok(at)
    }

    fn check_open_to_seek(self) -> PyResult<()> {
        self.check_open("seek of closed file")
    }

    /// `truncate(size)`.
    pub fn truncate(self, size: Value) -> PyResult {
        self.raw()?;
        self.check_open("truncate of closed file")?;
        if !self.state.writable.get() {
            return Err(self.not_writable());
        }
        let _busy = self.enter()?;
        self.flush_and_rewind()?;
        let result = self.vm.call_method_str(self.raw()?, "truncate", &[size])?;
        if let Err(raised) = self.raw_tell() {
            self.vm.take_exception(raised);
        }
        Ok(result)
    }

    fn not_writable(self) -> Raised {
        unsupported(self.vm, "truncate")
    }
}
