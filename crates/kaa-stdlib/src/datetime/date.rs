//! `date`: a day of the calendar. `datetime` extends it: the fields of the time are here too, so
//! that both take as little memory as can be.

use kaa_objects::class::{CompareOp, PyType};
use kaa_objects::hash::hash_bytes;
use kaa_objects::object::Header;
use kaa_objects::types::str::PyStr;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::{Args, Gc, PyResult, Value, Vm, py_type};

use super::calendar::{Day, IsoWeekError};
use super::date_time::PyDateTime;
use super::fields::{self, Clock};
use super::timedelta::PyTimeDelta;
use super::{iso_calendar_date, iso_format, local_time, strftime};
use crate::parse_tuple::{self, Keyworded, positionals};
use crate::time;

/// A `date`.
#[repr(C)]
pub struct PyDate {
    header: Header,
    year: u16,
    month: u8,
    day: u8,
    /// 0 for dates, as are the next ones.
    pub(super) hour: u8,
    pub(super) minute: u8,
    pub(super) second: u8,
    pub(super) fold: u8,
}

impl PyDate {
    /// The fields of a day, which was checked, and a time.
    pub fn fields(day: Day, clock: Clock) -> PyDate {
        PyDate {
            header: Header::EMPTY,
            year: day.year as u16,
            month: day.month as u8,
            day: day.day as u8,
            hour: clock.hour as u8,
            minute: clock.minute as u8,
            second: clock.second as u8,
            fold: clock.fold as u8,
        }
    }

    /// The day.
    pub fn day(&self) -> Day {
        Day { year: self.year.into(), month: self.month.into(), day: self.day.into() }
    }

    /// A `date`, the day checked.
    pub fn new(vm: &Vm, class: Gc<PyType>, day: Day) -> PyResult<Gc<PyDate>> {
        fields::check_day(vm, day)?;
        PyDate::new_unchecked(vm, class, day)
    }

    fn new_unchecked(vm: &Vm, class: Gc<PyType>, day: Day) -> PyResult<Gc<PyDate>> {
        let date = PyDate::fields(day, Clock::default());
        if class == vm.class::<PyDate>() { vm.alloc(date) } else { vm.alloc_instance(class, date) }
    }

    /// A date of a class: subclasses are called.
    pub fn of_class(vm: &Vm, class: Gc<PyType>, day: Day) -> PyResult {
        if class == vm.class::<PyDate>() {
            return Ok(PyDate::new(vm, class, day)?.value());
        }
        if class == vm.class::<PyDateTime>() {
            return PyDateTime::of_class(vm, class, day, Clock::default(), None);
        }
        vm.call(class.value(), &[day.year, day.month, day.day].map(|part| Value::small_int(part.into())))
    }

    fn plus(vm: &Vm, this: Gc<PyDate>, days: i32) -> PyResult {
        match this.day().plus(days) {
            Some(day) => PyDate::of_class(vm, vm.class_of(this.value()), day),
            None => Err(vm.overflow_error("date value out of range")),
        }
    }
}

/// Whether it is a datetime: for those the operations of dates are not meant.
fn is_datetime(vm: &Vm, value: Value) -> bool {
    vm.cast::<PyDateTime>(value).is_some()
}

fn set_up(vm: &Vm, class: Gc<PyType>) -> PyResult<()> {
    let dict = class.dict.get_set();
    let date = |year, month, day| PyDate::new(vm, class, Day { year, month, day }).map(Gc::value);
    dict.set_str(vm, vm.intern("min"), date(1, 1, 1)?)?;
    dict.set_str(vm, vm.intern("max"), date(9999, 12, 31)?)?;
    dict.set_str(vm, vm.intern("resolution"), PyTimeDelta::new(vm, 1, 0, 0)?.value())
}

/// `strptime` by the function of the module `_strptime` for a class.
pub fn strptime(vm: &Vm, class: Gc<PyType>, function: &str, args: Args<'_>) -> PyResult {
    let given = positionals(vm, "strptime", args, 2, 2)?;
    for (index, &argument) in given.iter().enumerate() {
        parse_tuple::object::<PyStr>(vm, "strptime", index + 1, argument)?;
    }
    let function = vm.get_attr_str(super::import(vm, "_strptime")?, function)?;
    vm.call(function, &[class.value(), given[0], given[1]])
}

#[py_type(
    name = "date",
    module = "datetime",
    layout = raw,
    flags(BASETYPE),
    setup = set_up,
    doc = "date(year, month, day) --> date object"
)]
impl PyDate {
    #[new(raw)]
    fn make(vm: &Vm, class: Gc<PyType>, args: Args<'_>) -> PyResult<Gc<PyDate>> {
        if let &[state] = args.positionals()
            && let Some([high, low, month, day]) =
                fields::pickled_state(vm, state, "date", |at| (1..=12).contains(&at(2)))?
        {
            let year = u16::from_be_bytes([high, low]).into();
            return PyDate::new_unchecked(vm, class, Day { year, month: month.into(), day: day.into() });
        }
        let mut arguments = Keyworded::new(vm, None, &["year", "month", "day"], 3, 3, args)?;
        let year = parse_tuple::int(vm, arguments.required(vm)?)?;
        let month = parse_tuple::int(vm, arguments.required(vm)?)?;
        let day = parse_tuple::int(vm, arguments.required(vm)?)?;
        arguments.finish(vm)?;
        PyDate::new(vm, class, Day { year, month, day })
    }

    #[slot(repr)]
    fn repr(vm: &Vm, this: Gc<PyDate>) -> String {
        let Day { year, month, day } = this.day();
        format!("{}({year}, {month}, {day})", vm.class_name(this.value()))
    }

    #[slot(str)]
    fn str(vm: &Vm, this: Gc<PyDate>) -> PyResult {
        vm.call_method(this.value(), vm.intern("isoformat"), &[])
    }

    #[slot(hash)]
    fn hash(vm: &Vm, this: Gc<PyDate>) -> i64 {
        hash_bytes(vm, &fields::to_bytes(this.day(), Clock::default())[..4])
    }

    #[slot(richcompare)]
    fn compare(vm: &Vm, this: Gc<PyDate>, other: Value, op: CompareOp) -> Value {
        match vm.cast::<PyDate>(other) {
            Some(date) if !is_datetime(vm, other) => Value::bool(op.holds(this.day().cmp(&date.day()))),
            _ => Value::NOT_IMPLEMENTED,
        }
    }

    #[slot(nb_add)]
    fn add(vm: &Vm, a: Value, b: Value) -> PyResult {
        if is_datetime(vm, a) || is_datetime(vm, b) {
            return Ok(Value::NOT_IMPLEMENTED);
        }
        let (date, delta) = match vm.cast::<PyDate>(a) {
            Some(date) => (Some(date), vm.cast::<PyTimeDelta>(b)),
            None => (vm.cast::<PyDate>(b), vm.cast::<PyTimeDelta>(a)),
        };
        match (date, delta) {
            (Some(date), Some(delta)) => PyDate::plus(vm, date, delta.days),
            _ => Ok(Value::NOT_IMPLEMENTED),
        }
    }

    #[slot(nb_subtract)]
    fn subtract(vm: &Vm, a: Value, b: Value) -> PyResult {
        if is_datetime(vm, a) || is_datetime(vm, b) {
            return Ok(Value::NOT_IMPLEMENTED);
        }
        let Some(date) = vm.cast::<PyDate>(a) else { return Ok(Value::NOT_IMPLEMENTED) };
        if let Some(other) = vm.cast::<PyDate>(b) {
            let days = date.day().ordinal() - other.day().ordinal();
            return Ok(PyTimeDelta::new(vm, days, 0, 0)?.value());
        }
        match vm.cast::<PyTimeDelta>(b) {
            Some(delta) => PyDate::plus(vm, date, -delta.days),
            None => Ok(Value::NOT_IMPLEMENTED),
        }
    }

    #[classmethod(
        "fromtimestamp($type, timestamp, /)",
        doc = "Create a date from a POSIX timestamp.\n\nThe timestamp is a number, e.g. created via time.time(), that is\ninterpreted as local time."
    )]
    fn fromtimestamp(vm: &Vm, class: Gc<PyType>, timestamp: Value) -> PyResult {
        let time = time::local_time(vm, local_time::timestamp_seconds(vm, timestamp)?)?;
        PyDate::of_class(vm, class, local_time::parts_of(&time).0)
    }

    #[classmethod("fromordinal", raw, doc = "int -> date corresponding to a proleptic Gregorian ordinal.")]
    fn fromordinal(vm: &Vm, class: Gc<PyType>, args: Args<'_>) -> PyResult {
        let ordinal = parse_tuple::int(vm, positionals(vm, "fromordinal", args, 1, 1)?[0])?;
        if ordinal < 1 {
            return Err(vm.value_error("ordinal must be >= 1"));
        }
        PyDate::of_class(vm, class, Day::from_ordinal(ordinal))
    }

    #[classmethod("fromisoformat($type, object, /)", doc = "str -> Construct a date from a string in ISO 8601 format.")]
    fn fromisoformat(vm: &Vm, class: Gc<PyType>, object: Value) -> PyResult {
        let text = fields::iso_text(vm, object)?;
        let utf8 = text.to_generalized_utf8();
        match iso_format::parse_date(&utf8) {
            Ok(day) if matches!(utf8.len(), 7 | 8 | 10) => PyDate::of_class(vm, class, day),
            _ => Err(fields::malformed(vm, text)),
        }
    }

    #[classmethod(
        "fromisocalendar",
        raw,
        doc = "int, int, int -> Construct a date from the ISO year, week number and weekday.\n\nThis is the inverse of the date.isocalendar() function"
    )]
    fn fromisocalendar(vm: &Vm, class: Gc<PyType>, args: Args<'_>) -> PyResult {
        let mut arguments = Keyworded::new(vm, Some("fromisocalendar"), &["year", "week", "day"], 3, 3, args)?;
        let mut row = [0; 3];
        for place in &mut row {
            let value = arguments.required(vm)?;
            *place = match vm.catch(parse_tuple::int(vm, value), vm.exceptions().OverflowError)? {
                Ok(part) => part,
                Err(_) => return Err(vm.value_error("ISO calendar component out of range")),
            };
        }
        arguments.finish(vm)?;
        let [year, week, day] = row;
        match Day::from_iso_week(year, week, day) {
            Ok(day) => PyDate::of_class(vm, class, day),
            Err(IsoWeekError::Year) => Err(fields::check_year(vm, year).err().unwrap_or_else(|| vm.still_raised())),
            Err(IsoWeekError::Week) => Err(vm.value_error(format_args!("Invalid week: {week}"))),
            Err(IsoWeekError::Weekday) => Err(vm.value_error(format_args!("Invalid weekday: {day} (range is [1, 7])"))),
        }
    }

    #[classmethod("strptime", raw, doc = "string, format -> new date parsed from a string (like time.strptime()).")]
    fn strptime(vm: &Vm, class: Gc<PyType>, args: Args<'_>) -> PyResult {
        strptime(vm, class, "_strptime_datetime_date", args)
    }

    #[classmethod(
        "today($type, /)",
        doc = "Current date or datetime:  same as self.__class__.fromtimestamp(time.time())."
    )]
    fn today(vm: &Vm, class: Gc<PyType>) -> PyResult {
        // The function of the module, as programs may have replaced it.
        let now = vm.call(strftime::of_time_module(vm, "time")?, &[])?;
        vm.call_method(class.value(), vm.intern("fromtimestamp"), &[now])
    }

    #[method("ctime($self, /)", doc = "Return ctime() style string.")]
    fn ctime(&self) -> String {
        fields::format_ctime(self.day(), Clock::default())
    }

    #[method("strftime", raw, doc = "format -> strftime() style string.")]
    fn strftime(vm: &Vm, this: Gc<PyDate>, args: Args<'_>) -> PyResult {
        let format = strftime::format_argument(vm, args)?;
        // A subclass, such as datetime, has its own.
        let tuple = vm.call_method(this.value(), vm.intern("timetuple"), &[])?;
        let datetime = vm.cast::<PyDateTime>(this.value());
        let subject = strftime::Subject {
            tuple,
            microsecond: datetime.map_or(0, |datetime| datetime.clock().microsecond),
            zone: datetime.and_then(|datetime| datetime.zone()),
            argument: this.value(),
        };
        subject.format(vm, format)
    }

    #[method("__format__", raw, doc = "Formats self with strftime.")]
    fn format(vm: &Vm, this: Gc<PyDate>, args: Args<'_>) -> PyResult {
        strftime::format_object(vm, this.value(), args)
    }

    #[method("timetuple($self, /)", doc = "Return time tuple, compatible with time.localtime().")]
    fn timetuple(vm: &Vm, this: Gc<PyDate>) -> PyResult {
        strftime::struct_time(vm, this.day(), Clock::default(), -1)
    }

    #[method("isocalendar($self, /)", doc = "Return a named tuple containing ISO year, week number, and weekday.")]
    fn isocalendar(vm: &Vm, this: Gc<PyDate>) -> PyResult<Gc<PyTuple>> {
        iso_calendar_date::new(vm, this.day().iso_week())
    }

    #[method("isoformat($self, /)", doc = "Return string in ISO 8601 format, YYYY-MM-DD.")]
    fn isoformat(&self) -> String {
        let mut out = String::new();
        fields::format_day(&mut out, self.day());
        out
    }

    #[method(
        "isoweekday($self, /)",
        doc = "Return the day of the week represented by the date.\nMonday == 1 ... Sunday == 7"
    )]
    fn isoweekday(&self) -> i32 {
        self.day().weekday() + 1
    }

    #[method("toordinal($self, /)", doc = "Return proleptic Gregorian ordinal.  January 1 of year 1 is day 1.")]
    fn toordinal(&self) -> i32 {
        self.day().ordinal()
    }

    #[method(
        "weekday($self, /)",
        doc = "Return the day of the week represented by the date.\nMonday == 0 ... Sunday == 6"
    )]
    fn weekday(&self) -> i32 {
        self.day().weekday()
    }

    #[method(
        "replace($self, /, year=unchanged, month=unchanged, day=unchanged)",
        doc = "Return date with new specified fields."
    )]
    fn replace(vm: &Vm, this: Gc<PyDate>, year: Option<i32>, month: Option<i32>, day: Option<i32>) -> PyResult {
        let old = this.day();
        let new =
            Day { year: year.unwrap_or(old.year), month: month.unwrap_or(old.month), day: day.unwrap_or(old.day) };
        PyDate::of_class(vm, vm.class_of(this.value()), new)
    }

    #[method("__replace__", raw, signature = "($self, /, **changes)", doc = "The same as replace().")]
    fn replace_by_copy(vm: &Vm, this: Gc<PyDate>, args: Args<'_>) -> PyResult {
        super::call_own_method(vm, vm.class::<PyDate>(), this.value(), "replace", args)
    }

    #[method("__reduce__($self, /)", doc = "__reduce__() -> (cls, state)")]
    fn reduce(vm: &Vm, this: Gc<PyDate>) -> PyResult<Gc<PyTuple>> {
        let bytes = vm.new_bytes(&fields::to_bytes(this.day(), Clock::default())[..4])?;
        let state = vm.new_tuple(&[bytes.value()])?;
        vm.new_tuple(&[vm.class_of(this.value()).value(), state.value()])
    }

    #[getter("year")]
    fn year(&self) -> u16 {
        self.year
    }

    #[getter("month")]
    fn month(&self) -> u8 {
        self.month
    }

    #[getter("day")]
    fn day_of_month(&self) -> u8 {
        self.day
    }
}
