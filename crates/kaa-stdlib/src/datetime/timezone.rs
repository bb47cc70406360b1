//! `tzinfo`, the base of time zones, `timezone`, a fixed offset from UTC, and how dates and times
//! ask their zones.

use std::any::Any;
use std::fmt::Write;

use kaa_objects::class::{CompareOp, PyType};
use kaa_objects::object::{Header, Slot, Visitor};
use kaa_objects::types::str::PyStr;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::vm::Extension;
use kaa_objects::{Args, Gc, PyResult, Raised, Trace, Value, Vm, py_type};

use super::date_time::PyDateTime;
use super::timedelta::PyTimeDelta;
use crate::parse_tuple::{self, Keyworded};

/// A `tzinfo`.
#[repr(C)]
pub struct PyTzInfo {
    header: Header,
}

/// A `timezone`.
#[repr(C)]
#[derive(Trace)]
pub struct PyTimeZone {
    #[trace(skip)]
    base: PyTzInfo,
    /// Less than a day, either way.
    offset: Slot<Gc<PyTimeDelta>>,
    /// The name that was given.
    name: Slot<Gc<PyStr>>,
}

/// `timezone.utc`.
#[derive(Default)]
struct Utc(Slot<Gc<PyTimeZone>>);

impl Extension for Utc {
    fn trace(&mut self, visitor: &mut Visitor<'_>) {
        self.0.trace(visitor);
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// The one `timezone.utc`.
pub fn utc(vm: &Vm) -> Gc<PyTimeZone> {
    let utc = vm.extension(|_| Utc::default());
    if utc.0.get().is_none() {
        // Making the class makes it.
        vm.class::<PyTimeZone>();
    }
    utc.0.get_set()
}

/// Which question is put to a zone.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// How far local time is ahead of UTC.
    UtcOffset,
    /// How much of that is daylight saving time.
    Dst,
}

impl Question {
    fn method(self) -> &'static str {
        match self {
            Question::UtcOffset => "utcoffset",
            Question::Dst => "dst",
        }
    }
}

/// Asks a zone for an offset; no zone gives none. `argument` is the datetime, or `None` for times.
pub fn ask(vm: &Vm, zone: Option<Value>, question: Question, argument: Value) -> PyResult<Option<Gc<PyTimeDelta>>> {
    let Some(zone) = zone else { return Ok(None) };
    if let Some(fixed) = vm.cast_exact::<PyTimeZone>(zone) {
        return Ok((question == Question::UtcOffset).then(|| fixed.offset.get_set()));
    }
    let method = question.method();
    let offset = vm.call_method(zone, vm.intern(method), &[argument])?;
    if offset.is_none() {
        return Ok(None);
    }
    let Some(delta) = vm.cast::<PyTimeDelta>(offset) else {
        let class = vm.class_name(offset);
        return Err(vm.type_error(format_args!("tzinfo.{method}() must return None or timedelta, not '{class}'")));
    };
    if delta.is_within_a_day() { Ok(Some(delta)) } else { Err(not_within_a_day(vm, delta)) }
}

/// Asks a zone for its name, a `str` or `None`.
pub fn ask_name(vm: &Vm, zone: Option<Value>, argument: Value) -> PyResult {
    let Some(zone) = zone else { return Ok(Value::NONE) };
    let name = vm.call_method(zone, vm.intern("tzname"), &[argument])?;
    if name.is_none() || vm.cast::<PyStr>(name).is_some() {
        return Ok(name);
    }
    let class = vm.class_name(name);
    Err(vm.type_error(format_args!("tzinfo.tzname() must return None or a string, not '{class}'")))
}

#[cold]
fn not_within_a_day(vm: &Vm, delta: Gc<PyTimeDelta>) -> Raised {
    match vm.repr(delta.value()) {
        Ok(repr) => vm.value_error(format_args!(
            "offset must be a timedelta strictly between -timedelta(hours=24) and timedelta(hours=24), not {}",
            repr.to_string_lossy()
        )),
        Err(raised) => raised,
    }
}

/// The zone of an argument: `None`, or of a subclass of `tzinfo`.
pub fn check_zone(vm: &Vm, zone: Value) -> PyResult<Option<Value>> {
    if zone.is_none() {
        return Ok(None);
    }
    if vm.cast::<PyTzInfo>(zone).is_some() {
        return Ok(Some(zone));
    }
    let class = vm.class_name(zone);
    Err(vm.type_error(format_args!("tzinfo argument must be None or of a tzinfo subclass, not type '{class}'")))
}

/// An offset as `+HH:MM`, with seconds and their fraction when it has such.
pub fn format_offset(delta: &PyTimeDelta, separator: &str) -> String {
    let total = delta.total();
    let (sign, total) = if total < 0 { ('-', -total) } else { ('+', total) };
    let (seconds, micros) = (total / 1_000_000, total % 1_000_000);
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let mut text = format!("{sign}{hours:02}{separator}{minutes:02}");
    if seconds != 0 || micros != 0 {
        let _ = write!(text, "{separator}{seconds:02}");
    }
    if micros != 0 {
        let _ = write!(text, ".{micros:06}");
    }
    text
}

impl PyTimeZone {
    /// A zone of an offset, checked; `timezone.utc` when it is that.
    pub fn new(vm: &Vm, offset: Gc<PyTimeDelta>, name: Option<Gc<PyStr>>) -> PyResult<Gc<PyTimeZone>> {
        if name.is_none() && offset.is_zero() {
            return Ok(utc(vm));
        }
        if !offset.is_within_a_day() {
            return Err(not_within_a_day(vm, offset));
        }
        PyTimeZone::make_unchecked(vm, offset, name)
    }

    fn make_unchecked(vm: &Vm, offset: Gc<PyTimeDelta>, name: Option<Gc<PyStr>>) -> PyResult<Gc<PyTimeZone>> {
        vm.alloc(PyTimeZone {
            base: PyTzInfo { header: Header::EMPTY },
            offset: Slot::new(offset),
            name: Slot::maybe(name),
        })
    }

    fn text(&self, vm: &Vm) -> PyResult<Gc<PyStr>> {
        match self.name.get() {
            Some(name) => Ok(name),
            None if self.offset.get_set().is_zero() => Ok(vm.intern("UTC")),
            None => vm.new_str(&format!("UTC{}", format_offset(&self.offset.get_set(), ":"))),
        }
    }
}

#[cold]
fn must_implement(vm: &Vm, method: &str) -> Raised {
    vm.not_implemented_error(format_args!("a tzinfo subclass must implement {method}()"))
}

/// The datetime of `fromutc`, whose zone must be the object asked.
fn datetime_in_zone(vm: &Vm, zone: Value, dt: Value) -> PyResult<Gc<PyDateTime>> {
    let Some(datetime) = vm.cast::<PyDateTime>(dt) else {
        return Err(vm.type_error("fromutc: argument must be a datetime"));
    };
    if datetime.zone() != Some(zone) {
        return Err(vm.value_error("fromutc: dt.tzinfo is not self"));
    }
    Ok(datetime)
}

#[py_type(
    name = "tzinfo",
    module = "datetime",
    layout = raw,
    flags(BASETYPE),
    doc = "Abstract base class for time zone info objects."
)]
impl PyTzInfo {
    #[new(raw)]
    fn make(vm: &Vm, class: Gc<PyType>, _args: Args<'_>) -> PyResult<Gc<PyTzInfo>> {
        vm.alloc_instance(class, PyTzInfo { header: Header::EMPTY })
    }

    #[method("tzname($self, object, /)", doc = "datetime -> string name of time zone.")]
    fn tzname(vm: &Vm, _this: Gc<PyTzInfo>, _dt: Value) -> PyResult {
        Err(must_implement(vm, "tzname"))
    }

    #[method(
        "utcoffset($self, object, /)",
        doc = "datetime -> timedelta showing offset from UTC, negative values indicating West of UTC"
    )]
    fn utcoffset(vm: &Vm, _this: Gc<PyTzInfo>, _dt: Value) -> PyResult {
        Err(must_implement(vm, "utcoffset"))
    }

    #[method("dst($self, object, /)", doc = "datetime -> DST offset as timedelta positive east of UTC.")]
    fn dst(vm: &Vm, _this: Gc<PyTzInfo>, _dt: Value) -> PyResult {
        Err(must_implement(vm, "dst"))
    }

    #[method("fromutc($self, object, /)", doc = "datetime in UTC -> datetime in local time.")]
    fn fromutc(vm: &Vm, this: Gc<PyTzInfo>, dt: Value) -> PyResult {
        let datetime = datetime_in_zone(vm, this.value(), dt)?;
        let Some(offset) = ask(vm, datetime.zone(), Question::UtcOffset, dt)? else {
            return Err(vm.value_error("fromutc: non-None utcoffset() result required"));
        };
        let Some(dst) = ask(vm, datetime.zone(), Question::Dst, dt)? else {
            return Err(vm.value_error("fromutc: non-None dst() result required"));
        };
        let standard = offset.minus(vm, &dst)?;
        let result = PyDateTime::plus(vm, datetime, &standard, 1)?;
        let Some(dst) = ask(vm, datetime.zone(), Question::Dst, result)? else {
            return Err(vm.value_error("fromutc: tz.dst() gave inconsistent results; cannot convert"));
        };
        match vm.cast::<PyDateTime>(result) {
            Some(result) if !dst.is_zero() => PyDateTime::plus(vm, result, &dst, 1),
            _ => Ok(result),
        }
    }

    #[method("__reduce__($self, /)", doc = "-> (cls, state)")]
    fn reduce(vm: &Vm, this: Gc<PyTzInfo>) -> PyResult<Gc<PyTuple>> {
        let args = match vm.get_attr_optional(this.value(), vm.intern("__getinitargs__"))? {
            Some(method) => vm.call(method, &[])?,
            None => vm.new_tuple(&[])?.value(),
        };
        let state = vm.call_method(this.value(), vm.names().__getstate__, &[])?;
        vm.new_tuple(&[vm.class_of(this.value()).value(), args, state])
    }
}

fn set_up(vm: &Vm, class: Gc<PyType>) -> PyResult<()> {
    let dict = class.dict.get_set();
    let zone = |minutes: i32| PyTimeZone::make_unchecked(vm, PyTimeDelta::new(vm, 0, minutes * 60, 0)?, None);
    let utc = zone(0)?;
    vm.extension(|_| Utc::default()).0.set_root(Some(utc));
    dict.set_str(vm, vm.intern("utc"), utc.value())?;
    let last = 24 * 60 - 1;
    dict.set_str(vm, vm.intern("min"), zone(-last)?.value())?;
    dict.set_str(vm, vm.intern("max"), zone(last)?.value())
}

/// The argument of a zone's methods: a datetime or `None`.
fn check_argument(vm: &Vm, method: &str, dt: Value) -> PyResult<()> {
    if dt.is_none() || vm.cast::<PyDateTime>(dt).is_some() {
        return Ok(());
    }
    let class = vm.class_name(dt);
    Err(vm.type_error(format_args!("{method}(dt) argument must be a datetime instance or None, not {class}")))
}

#[py_type(
    name = "timezone",
    module = "datetime",
    base = PyTzInfo,
    setup = set_up,
    doc = "Fixed offset from UTC implementation of tzinfo."
)]
impl PyTimeZone {
    #[new(raw)]
    fn make(vm: &Vm, _class: Gc<PyType>, args: Args<'_>) -> PyResult<Gc<PyTimeZone>> {
        let mut arguments = Keyworded::new(vm, Some("timezone"), &["offset", "name"], 1, 2, args)?;
        let offset = parse_tuple::object::<PyTimeDelta>(vm, "timezone", 1, arguments.required(vm)?)?;
        let name = match arguments.next(vm)? {
            Some(name) => Some(parse_tuple::object::<PyStr>(vm, "timezone", 2, name)?),
            None => None,
        };
        arguments.finish(vm)?;
        PyTimeZone::new(vm, offset, name)
    }

    #[slot(repr)]
    fn repr(vm: &Vm, this: Gc<PyTimeZone>) -> PyResult<Gc<PyStr>> {
        let class = vm.class_name(this.value());
        if this == utc(vm) {
            return vm.new_str(&format!("{class}.utc"));
        }
        let mut out = kaa_objects::types::str::StrBuilder::default();
        out.push_str(&class);
        out.push_str("(");
        out.push_py(&*vm.repr(this.offset.get_set().value())?);
        if let Some(name) = this.name.get() {
            out.push_str(", ");
            out.push_py(&*vm.repr(name.value())?);
        }
        out.push_str(")");
        out.finish(vm)
    }

    #[slot(str)]
    fn str(vm: &Vm, this: Gc<PyTimeZone>) -> PyResult<Gc<PyStr>> {
        this.text(vm)
    }

    #[slot(hash)]
    fn hash(&self) -> i64 {
        self.offset.get_set().hash()
    }

    #[slot(richcompare)]
    fn compare(vm: &Vm, this: Gc<PyTimeZone>, other: Value, op: CompareOp) -> Value {
        match vm.cast::<PyTimeZone>(other) {
            Some(other) if matches!(op, CompareOp::Eq | CompareOp::Ne) => {
                Value::bool(op.holds(this.offset.get_set().parts().cmp(&other.offset.get_set().parts())))
            }
            _ => Value::NOT_IMPLEMENTED,
        }
    }

    #[method(
        "tzname($self, object, /)",
        doc = "If name is specified when timezone is created, returns the name.  Otherwise returns offset as 'UTC(+|-)HH:MM'."
    )]
    fn tzname(vm: &Vm, this: Gc<PyTimeZone>, dt: Value) -> PyResult<Gc<PyStr>> {
        check_argument(vm, "tzname", dt)?;
        this.text(vm)
    }

    #[method("utcoffset($self, object, /)", doc = "Return fixed offset.")]
    fn utcoffset(vm: &Vm, this: Gc<PyTimeZone>, dt: Value) -> PyResult<Gc<PyTimeDelta>> {
        check_argument(vm, "utcoffset", dt)?;
        Ok(this.offset.get_set())
    }

    #[method("dst($self, object, /)", doc = "Return None.")]
    fn dst(vm: &Vm, _this: Gc<PyTimeZone>, dt: Value) -> PyResult<()> {
        check_argument(vm, "dst", dt)
    }

    #[method("fromutc($self, object, /)", doc = "datetime in UTC -> datetime in local time.")]
    fn fromutc(vm: &Vm, this: Gc<PyTimeZone>, dt: Value) -> PyResult {
        PyDateTime::plus(vm, datetime_in_zone(vm, this.value(), dt)?, &this.offset.get_set(), 1)
    }

    #[method("__getinitargs__($self, /)", doc = "pickle support")]
    fn getinitargs(vm: &Vm, this: Gc<PyTimeZone>) -> PyResult<Gc<PyTuple>> {
        let offset = this.offset.get_set().value();
        match this.name.get() {
            Some(name) => vm.new_tuple(&[offset, name.value()]),
            None => vm.new_tuple(&[offset]),
        }
    }
}
