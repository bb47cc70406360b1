//! `_locale`: the C library's locales, and its translations of messages.
//!
//! A C program starts in the locale `C`. CPython takes the user's for characters (`LC_CTYPE`) when
//! it starts, for which the C library opens files; here that is done when somebody first asks for what
//! depends on it: much of the library imports this module and asks nothing.

use std::ffi::{CStr, CString, c_char, c_int};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Once, OnceLock};

use kaa_objects::class::PyType;
use kaa_objects::object::{Slot, Trace, Visitor};
use kaa_objects::types::dict::PyDict;
use kaa_objects::types::list::PyList;
use kaa_objects::types::module::PyModule;
use kaa_objects::types::str::{PyStr, StrBuilder};
use kaa_objects::vm::Extension;
use kaa_objects::{Args, Gc, PyResult, Raised, Value, Vm, py_functions, py_module};
use libc::wchar_t;

use crate::path::{decode_name, fspath, path_bytes};

unsafe extern "C" {
    fn wcscoll(a: *const wchar_t, b: *const wchar_t) -> c_int;
    fn wcsxfrm(to: *mut wchar_t, from: *const wchar_t, size: usize) -> usize;
    fn mbstowcs(to: *mut wchar_t, from: *const c_char, size: usize) -> usize;
    fn gettext(message: *const c_char) -> *mut c_char;
    fn dgettext(domain: *const c_char, message: *const c_char) -> *mut c_char;
    fn dcgettext(domain: *const c_char, message: *const c_char, category: c_int) -> *mut c_char;
    fn textdomain(domain: *const c_char) -> *mut c_char;
    fn bindtextdomain(domain: *const c_char, folder: *const c_char) -> *mut c_char;
    fn bind_textdomain_codeset(domain: *const c_char, codeset: *const c_char) -> *mut c_char;
}

/// The class `locale.Error`.
#[derive(Default)]
struct State {
    error: Slot<Gc<PyType>>,
}

impl Extension for State {
    fn trace(&mut self, visitor: &mut Visitor<'_>) {
        self.error.trace(visitor);
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}

fn error(vm: &Vm, message: &str) -> Raised {
    let state = vm.extension(|_| State::default());
    vm.raise_new(state.error.get().unwrap_or(vm.exceptions().Exception), message)
}

fn set_up(vm: &Vm, module: Gc<PyModule>) -> PyResult<()> {
    let bases = vm.new_tuple(&[vm.exceptions().Exception.value()])?;
    let namespace = vm.new_dict()?;
    namespace.set_str(vm, vm.names().__module__, vm.intern("locale").value())?;
    let class = vm.new_class(vm.class::<PyType>(), vm.intern("Error"), bases, namespace, Args::EMPTY)?;
    vm.extension(|_| State::default()).error.set_root(vm.cast::<PyType>(class));
    module.dict.get_set().set_str(vm, vm.intern("Error"), class)?;
    for &(name, number) in LANGINFO {
        module.dict.get_set().set_str(vm, vm.intern(name), Value::small_int(number.into()))?;
    }
    Ok(())
}

/// Whether the user's locale is `C`, or one that is not there.
static IS_MISSING: AtomicBool = AtomicBool::new(false);

/// Takes the user's locale for characters, unless the program took one already. `C` stands for
/// UTF-8 unless `LC_ALL` asks for it (PEP 538).
fn take_user_locale() {
    static TAKEN: Once = Once::new();
    // SAFETY: strings end with a null byte.
    let take = |locale: &CStr| unsafe { libc::setlocale(libc::LC_CTYPE, locale.as_ptr()) };
    TAKEN.call_once(|| {
        if is_c() {
            // One that is not there leaves what was.
            take(c"");
            IS_MISSING.store(is_c(), Ordering::Relaxed);
            if is_c() && std::env::var_os("LC_ALL").is_none_or(|all| all.is_empty()) {
                take(c"C.UTF-8");
            }
        }
    });
}

/// Whether the C library's locale for characters is the one that programs start with.
fn is_c() -> bool {
    // SAFETY: gives a locale's name, read before the next call, or null.
    let locale = unsafe { libc::setlocale(libc::LC_CTYPE, std::ptr::null()) };
    // SAFETY: as above.
    !locale.is_null() && is_name_of_c(&unsafe { CStr::from_ptr(locale) }.to_string_lossy())
}

fn is_name_of_c(name: &str) -> bool {
    matches!(name, "C" | "POSIX")
}

/// The variable that names the user's locale for characters, and the name.
fn user_locale() -> Option<(&'static str, String)> {
    let variable = |name| {
        let value = std::env::var_os(name).filter(|value| !value.is_empty())?;
        Some((name, value.to_string_lossy().into_owned()))
    };
    variable("LC_ALL").or_else(|| variable("LC_CTYPE")).or_else(|| variable("LANG"))
}

/// Whether text is UTF-8 for want of a locale (PEP 540).
pub fn is_utf8_mode() -> bool {
    user_locale().is_none_or(|(_, name)| is_name_of_c(&name))
}

/// Whether standard streams take bytes that are no text as they are: in the locale `C`, and in those
/// that stand for it.
pub fn is_lenient() -> bool {
    let stands_for_c = |name: &str| matches!(name, "C.UTF-8" | "C.utf8" | "UTF-8");
    user_encoding() == "utf-8" || user_locale().is_some_and(|(_, name)| stands_for_c(&name))
}

/// The encoding of text without a named one: that of the user's locale when it is first asked for, as
/// standard streams are made. The C library is asked only where the name does not say it, as it opens
/// files for that.
pub fn user_encoding() -> &'static str {
    static ENCODING: OnceLock<String> = OnceLock::new();
    ENCODING.get_or_init(|| match user_locale() {
        None => "utf-8".to_owned(),
        Some((_, name)) if is_name_of_c(&name) => "utf-8".to_owned(),
        Some((_, name)) if is_utf8(&name) => "UTF-8".to_owned(),
        Some(_) => {
            take_user_locale();
            match IS_MISSING.load(Ordering::Relaxed) {
                true => "utf-8".to_owned(),
                false => current_codeset().to_string_lossy().into_owned(),
            }
        }
    })
}

/// Whether the name of a locale ends as in `de_DE.UTF-8@euro`.
fn is_utf8(name: &str) -> bool {
    let codeset = name.split_once('.').map_or("", |(_, codeset)| codeset);
    let codeset = codeset.split('@').next().unwrap_or(codeset);
    let plain: String = codeset.chars().filter(char::is_ascii_alphanumeric).collect();
    plain.eq_ignore_ascii_case("utf8")
}

/// The text of a string of the C library, in the encoding of the locale.
fn text(vm: &Vm, bytes: &CStr) -> PyResult<Gc<PyStr>> {
    if bytes.to_bytes().is_ascii() {
        return vm.new_str_latin1(bytes.to_bytes());
    }
    let mut wide: Vec<wchar_t> = vec![0; bytes.count_bytes() + 1];
    // SAFETY: the buffer is as long as it is said to be; a text has no more characters than bytes.
    let len = unsafe { mbstowcs(wide.as_mut_ptr(), bytes.as_ptr(), wide.len()) };
    if len > wide.len() {
        return decode_name(vm, bytes.to_bytes());
    }
    text_of_wide(vm, &wide[..len])
}

fn text_of_wide(vm: &Vm, wide: &[wchar_t]) -> PyResult<Gc<PyStr>> {
    let mut out = StrBuilder::with_capacity(wide.len());
    wide.iter().for_each(|&c| out.push((c as u32).min(0x10_ffff)));
    out.finish(vm)
}

/// Numbers that sort as the text does, as a string that does. They may be beyond all code points:
/// those above 0xffff become two, and the first marks that.
fn sort_key(vm: &Vm, key: &[wchar_t]) -> PyResult<Gc<PyStr>> {
    let mut out = StrBuilder::with_capacity(key.len());
    for &number in key {
        let number = number as u32;
        if number > 0xffff {
            out.push(0x1_0000 | number >> 16);
        }
        out.push(number & 0xffff);
    }
    out.finish(vm)
}

/// The text of a string that may be null.
///
/// # Safety
/// `string` is null or a string that stays valid meanwhile.
unsafe fn optional_text(vm: &Vm, string: *const c_char) -> PyResult<Option<Gc<PyStr>>> {
    if string.is_null() {
        return Ok(None);
    }
    // SAFETY: the caller's promise.
    text(vm, unsafe { CStr::from_ptr(string) }).map(Some)
}

/// A string for the C library.
fn c_string(vm: &Vm, text: Gc<PyStr>) -> PyResult<CString> {
    let bytes = vm.encode(text, None, None)?.as_slice().to_vec();
    CString::new(bytes).map_err(|_| vm.value_error("embedded null character"))
}

fn pointer(string: Option<&CString>) -> *const c_char {
    string.map_or(std::ptr::null(), |string| string.as_ptr())
}

/// A text for the C library's functions for wide characters.
fn wide_string(vm: &Vm, text: Gc<PyStr>) -> PyResult<Vec<wchar_t>> {
    let mut wide = Vec::with_capacity(text.len() + 1);
    for code_point in text.data().iter() {
        if code_point == 0 {
            return Err(vm.value_error("embedded null character"));
        }
        wide.push(code_point as wchar_t);
    }
    wide.push(0);
    Ok(wide)
}

fn system_error(vm: &Vm) -> Raised {
    crate::host_call::raise(vm, kaa_host::Errno::last())
}

/// The module.
pub struct Locale;

#[py_module(name = "_locale", doc = "Support for POSIX locales.", setup = set_up, parts(MESSAGES))]
impl Locale {
    #[constant]
    const LC_CTYPE: i32 = libc::LC_CTYPE;
    #[constant]
    const LC_TIME: i32 = libc::LC_TIME;
    #[constant]
    const LC_COLLATE: i32 = libc::LC_COLLATE;
    #[constant]
    const LC_MONETARY: i32 = libc::LC_MONETARY;
    #[constant]
    const LC_MESSAGES: i32 = libc::LC_MESSAGES;
    #[constant]
    const LC_NUMERIC: i32 = libc::LC_NUMERIC;
    #[constant]
    const LC_ALL: i32 = libc::LC_ALL;
    #[constant]
    const CHAR_MAX: i32 = c_char::MAX as i32;

    #[function("setlocale(category, locale=None, /)", doc = "Activates/queries locale processing.")]
    fn setlocale(vm: &Vm, category: i32, locale: Option<Gc<PyStr>>) -> PyResult<Option<Gc<PyStr>>> {
        take_user_locale();
        let locale = locale.map(|locale| c_string(vm, locale)).transpose()?;
        IS_CHOSEN.fetch_or(locale.is_some(), Ordering::Relaxed);
        // SAFETY: a string that ends with a null byte, or null; the result is read at once.
        let name = unsafe { libc::setlocale(category, pointer(locale.as_ref())) };
        if name.is_null() {
            return Err(error(vm, if locale.is_some() { "unsupported locale setting" } else { "locale query failed" }));
        }
        // SAFETY: as above.
        unsafe { optional_text(vm, name) }
    }

    #[function("localeconv()", doc = "Returns numeric and monetary locale-specific parameters.")]
    fn localeconv(vm: &Vm) -> PyResult<Gc<PyDict>> {
        take_user_locale();
        // SAFETY: the struct and its strings stay valid until the locale changes.
        let conventions = unsafe { &*libc::localeconv() };
        let dict = vm.new_dict()?;
        let put = |name: &str, value: Value| dict.set_str(vm, vm.intern(name), value);
        let put_text = |name: &str, string: *const c_char| {
            // SAFETY: as above.
            let text = unsafe { optional_text(vm, string) }?;
            put(name, text.map_or(Value::NONE, Value::from))
        };
        put_text("int_curr_symbol", conventions.int_curr_symbol)?;
        put_text("currency_symbol", conventions.currency_symbol)?;
        put_text("mon_decimal_point", conventions.mon_decimal_point)?;
        put_text("mon_thousands_sep", conventions.mon_thousands_sep)?;
        put("mon_grouping", grouping(vm, conventions.mon_grouping)?.value())?;
        put_text("positive_sign", conventions.positive_sign)?;
        put_text("negative_sign", conventions.negative_sign)?;
        for (name, number) in [
            ("int_frac_digits", conventions.int_frac_digits),
            ("frac_digits", conventions.frac_digits),
            ("p_cs_precedes", conventions.p_cs_precedes),
            ("p_sep_by_space", conventions.p_sep_by_space),
            ("n_cs_precedes", conventions.n_cs_precedes),
            ("n_sep_by_space", conventions.n_sep_by_space),
            ("p_sign_posn", conventions.p_sign_posn),
            ("n_sign_posn", conventions.n_sign_posn),
        ] {
            put(name, Value::small_int(number.into()))?;
        }
        put_text("decimal_point", conventions.decimal_point)?;
        put_text("thousands_sep", conventions.thousands_sep)?;
        put("grouping", grouping(vm, conventions.grouping)?.value())?;
        Ok(dict)
    }

    #[function("strcoll(os1, os2, /)", doc = "Compares two strings according to the locale.")]
    fn strcoll(vm: &Vm, os1: Gc<PyStr>, os2: Gc<PyStr>) -> PyResult<i32> {
        take_user_locale();
        let (a, b) = (wide_string(vm, os1)?, wide_string(vm, os2)?);
        // SAFETY: both end with a null character.
        Ok(unsafe { wcscoll(a.as_ptr(), b.as_ptr()) })
    }

    #[function("strxfrm(string, /)", doc = "Return a string that can be used as a key for locale-aware comparisons.")]
    fn strxfrm(vm: &Vm, string: Gc<PyStr>) -> PyResult<Gc<PyStr>> {
        take_user_locale();
        let wide = wide_string(vm, string)?;
        let mut out: Vec<wchar_t> = vec![0; wide.len()];
        loop {
            // SAFETY: the text ends with a null character; the buffer is as long as it is said to be.
            let needed = unsafe {
                *libc::__errno_location() = 0;
                wcsxfrm(out.as_mut_ptr(), wide.as_ptr(), out.len())
            };
            if std::io::Error::last_os_error().raw_os_error().unwrap_or(0) != 0 {
                return Err(system_error(vm));
            }
            if needed < out.len() {
                return sort_key(vm, &out[..needed]);
            }
            out = vec![0; needed + 1];
        }
    }

    #[function("nl_langinfo(key, /)", doc = "Return the value for the locale information associated with key.")]
    fn nl_langinfo(vm: &Vm, key: i32) -> PyResult<Gc<PyStr>> {
        take_user_locale();
        if !LANGINFO.iter().any(|&(_, number)| number == key) {
            return Err(vm.value_error("unsupported langinfo constant"));
        }
        // SAFETY: gives a string, which is read at once.
        let value = unsafe { CStr::from_ptr(libc::nl_langinfo(key)) };
        // These are rows of strings, one behind the other.
        if matches!(key, ALT_DIGITS | libc::ERA) && !value.is_empty() {
            return vm.new_str(&langinfo_row(vm, key, value)?);
        }
        text(vm, value)
    }

    #[function("getencoding()", doc = "Get the current locale encoding.")]
    fn getencoding(vm: &Vm) -> PyResult<Gc<PyStr>> {
        codeset(vm)
    }
}

/// Whether the program has chosen a locale itself.
static IS_CHOSEN: AtomicBool = AtomicBool::new(false);

/// The encoding of the present locale: the user's, unless the program has chosen another.
pub fn codeset(vm: &Vm) -> PyResult<Gc<PyStr>> {
    let asks_for_c = || user_locale().is_some_and(|(variable, name)| variable == "LC_ALL" && is_name_of_c(&name));
    if !IS_CHOSEN.load(Ordering::Relaxed) && !asks_for_c() {
        let encoding = user_encoding();
        return vm.new_str(if encoding == "utf-8" { "UTF-8" } else { encoding });
    }
    match current_codeset() {
        codeset if codeset.is_empty() => vm.new_str("UTF-8"),
        codeset => text(vm, &codeset),
    }
}

/// The encoding of the C library's present locale.
fn current_codeset() -> CString {
    // SAFETY: gives a string, which is read at once.
    unsafe { CStr::from_ptr(libc::nl_langinfo(libc::CODESET)) }.to_owned()
}

/// `ALT_DIGITS` is a hundred strings, `ERA` as many as there are; joined by semicolons.
fn langinfo_row(vm: &Vm, key: i32, first: &CStr) -> PyResult<String> {
    let most = if key == ALT_DIGITS { 100 } else { usize::MAX };
    let (mut rest, mut row) = (first.as_ptr(), Vec::new());
    while row.len() < most {
        // SAFETY: the strings lie behind each other, the last is empty or the hundredth.
        let part = unsafe { CStr::from_ptr(rest) };
        if part.is_empty() {
            break;
        }
        row.push(text(vm, part)?.to_string_lossy());
        rest = rest.wrapping_add(part.count_bytes() + 1);
    }
    Ok(row.join(";"))
}

/// The sizes of groups of digits; a 0 at the end repeats the last, `CHAR_MAX` ends the groups.
fn grouping(vm: &Vm, sizes: *const c_char) -> PyResult<Gc<PyList>> {
    let list = vm.new_list(&[])?;
    let mut at = sizes;
    // SAFETY: the sizes end with a 0 or CHAR_MAX.
    unsafe {
        if at.is_null() || *at == 0 {
            return Ok(list);
        }
        loop {
            let size = *at;
            list.push(vm, Value::small_int(size.into()))?;
            if size == 0 || size == c_char::MAX {
                return Ok(list);
            }
            at = at.add(1);
        }
    }
}

#[py_functions(MESSAGES, of = "_locale")]
impl Locale {
    #[function("gettext(msg, /)", doc = "gettext(msg) -> string\n\nReturn translation of msg.")]
    fn gettext(vm: &Vm, msg: Gc<PyStr>) -> PyResult<Option<Gc<PyStr>>> {
        take_user_locale();
        let message = c_string(vm, msg)?;
        // SAFETY: a string that ends with a null byte; the result, perhaps the same, is read at once.
        unsafe { optional_text(vm, gettext(message.as_ptr())) }
    }

    #[function(
        "dgettext(domain, msg, /)",
        doc = "dgettext(domain, msg) -> string\n\nReturn translation of msg in domain."
    )]
    fn dgettext(vm: &Vm, domain: Value, msg: Gc<PyStr>) -> PyResult<Option<Gc<PyStr>>> {
        take_user_locale();
        let (domain, message) = (domain_string(vm, "dgettext", domain)?, c_string(vm, msg)?);
        // SAFETY: as above.
        unsafe { optional_text(vm, dgettext(pointer(domain.as_ref()), message.as_ptr())) }
    }

    #[function("dcgettext(domain, msg, category, /)", doc = "Return translation of msg in domain and category.")]
    fn dcgettext(vm: &Vm, domain: Value, msg: Gc<PyStr>, category: i32) -> PyResult<Option<Gc<PyStr>>> {
        take_user_locale();
        let (domain, message) = (domain_string(vm, "dcgettext", domain)?, c_string(vm, msg)?);
        // SAFETY: as above.
        unsafe { optional_text(vm, dcgettext(pointer(domain.as_ref()), message.as_ptr(), category)) }
    }

    #[function("textdomain(domain, /)", doc = "Set the C library's textdmain to domain, returning the new domain.")]
    fn textdomain(vm: &Vm, domain: Value) -> PyResult<Option<Gc<PyStr>>> {
        let domain = domain_string(vm, "textdomain", domain)?;
        // SAFETY: as above.
        let now = unsafe { textdomain(pointer(domain.as_ref())) };
        if now.is_null() {
            return Err(system_error(vm));
        }
        // SAFETY: as above.
        unsafe { optional_text(vm, now) }
    }

    #[function("bindtextdomain(domain, dir, /)", doc = "Bind the C library's domain to dir.")]
    fn bindtextdomain(vm: &Vm, domain: Gc<PyStr>, dir: Value) -> PyResult<Option<Gc<PyStr>>> {
        let domain = c_string(vm, domain)?;
        if domain.is_empty() {
            return Err(error(vm, "domain must be a non-empty string"));
        }
        let folder = match dir.not_none() {
            Some(dir) => {
                let bytes = path_bytes(vm, fspath(vm, dir)?)?;
                Some(CString::new(bytes).map_err(|_| vm.value_error("embedded null byte"))?)
            }
            None => None,
        };
        // SAFETY: as above.
        let now = unsafe { bindtextdomain(domain.as_ptr(), pointer(folder.as_ref())) };
        if now.is_null() {
            return Err(system_error(vm));
        }
        // SAFETY: as above.
        unsafe { optional_text(vm, now) }
    }

    #[function("bind_textdomain_codeset(domain, codeset, /)", doc = "Bind the C library's domain to codeset.")]
    fn bind_textdomain_codeset(vm: &Vm, domain: Gc<PyStr>, codeset: Value) -> PyResult<Option<Gc<PyStr>>> {
        let (domain, codeset) = (c_string(vm, domain)?, domain_string(vm, "bind_textdomain_codeset", codeset)?);
        // SAFETY: as above.
        unsafe { optional_text(vm, bind_textdomain_codeset(domain.as_ptr(), pointer(codeset.as_ref()))) }
    }
}

/// A string or `None`.
fn domain_string(vm: &Vm, function: &str, value: Value) -> PyResult<Option<CString>> {
    if value.is_none() {
        return Ok(None);
    }
    match vm.cast::<PyStr>(value) {
        Some(text) => c_string(vm, text).map(Some),
        None => {
            let class = vm.class_name(value);
            let position = if function == "bind_textdomain_codeset" { "argument 2" } else { "argument 1" };
            Err(vm.type_error(format_args!("{function}() {position} must be str or None, not {class}")))
        }
    }
}

/// glibc's number, which `libc` does not name.
const ALT_DIGITS: i32 = 0x2002f;
const DATE_FMT: i32 = 0x2006c;

/// What `nl_langinfo` can be asked for.
static LANGINFO: &[(&str, i32)] = &[
    ("DAY_1", libc::DAY_1),
    ("DAY_2", libc::DAY_2),
    ("DAY_3", libc::DAY_3),
    ("DAY_4", libc::DAY_4),
    ("DAY_5", libc::DAY_5),
    ("DAY_6", libc::DAY_6),
    ("DAY_7", libc::DAY_7),
    ("ABDAY_1", libc::ABDAY_1),
    ("ABDAY_2", libc::ABDAY_2),
    ("ABDAY_3", libc::ABDAY_3),
    ("ABDAY_4", libc::ABDAY_4),
    ("ABDAY_5", libc::ABDAY_5),
    ("ABDAY_6", libc::ABDAY_6),
    ("ABDAY_7", libc::ABDAY_7),
    ("MON_1", libc::MON_1),
    ("MON_2", libc::MON_2),
    ("MON_3", libc::MON_3),
    ("MON_4", libc::MON_4),
    ("MON_5", libc::MON_5),
    ("MON_6", libc::MON_6),
    ("MON_7", libc::MON_7),
    ("MON_8", libc::MON_8),
    ("MON_9", libc::MON_9),
    ("MON_10", libc::MON_10),
    ("MON_11", libc::MON_11),
    ("MON_12", libc::MON_12),
    ("ABMON_1", libc::ABMON_1),
    ("ABMON_2", libc::ABMON_2),
    ("ABMON_3", libc::ABMON_3),
    ("ABMON_4", libc::ABMON_4),
    ("ABMON_5", libc::ABMON_5),
    ("ABMON_6", libc::ABMON_6),
    ("ABMON_7", libc::ABMON_7),
    ("ABMON_8", libc::ABMON_8),
    ("ABMON_9", libc::ABMON_9),
    ("ABMON_10", libc::ABMON_10),
    ("ABMON_11", libc::ABMON_11),
    ("ABMON_12", libc::ABMON_12),
    ("RADIXCHAR", libc::RADIXCHAR),
    ("THOUSEP", libc::THOUSEP),
    ("CRNCYSTR", libc::CRNCYSTR),
    ("D_FMT", libc::D_FMT),
    ("D_T_FMT", libc::D_T_FMT),
    ("T_FMT", libc::T_FMT),
    ("AM_STR", libc::AM_STR),
    ("PM_STR", libc::PM_STR),
    ("CODESET", libc::CODESET),
    ("T_FMT_AMPM", libc::T_FMT_AMPM),
    ("ERA", libc::ERA),
    ("ERA_D_FMT", libc::ERA_D_FMT),
    ("ERA_D_T_FMT", libc::ERA_D_T_FMT),
    ("ERA_T_FMT", libc::ERA_T_FMT),
    ("ALT_DIGITS", ALT_DIGITS),
    ("YESEXPR", libc::YESEXPR),
    ("NOEXPR", libc::NOEXPR),
    ("_DATE_FMT", DATE_FMT),
];
