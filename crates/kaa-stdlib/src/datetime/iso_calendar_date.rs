//! `IsoCalendarDate`: what `isocalendar` gives, a tuple of year, week and weekday with names.

use kaa_objects::class::PyType;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::{Args, Gc, PyResult, Value, Vm, py_type};

use crate::parse_tuple::Keyworded;

/// The class; its instances are tuples.
pub struct IsoCalendarDate;

/// A new one.
pub fn new(vm: &Vm, (year, week, weekday): (i32, i32, i32)) -> PyResult<Gc<PyTuple>> {
    let row = [year, week, weekday].map(|part| Value::small_int(part.into()));
    let class = vm.native_class(IsoCalendarDate::def());
    vm.new_tuple_of_class(class, vm.new_tuple(&row)?)
}

fn item(this: Gc<PyTuple>, index: usize) -> Value {
    this.as_slice()[index]
}

#[py_type(
    name = "IsoCalendarDate",
    module = "datetime",
    base = PyTuple,
    instances = PyTuple,
    layout = variable_values,
    flags(HEAPTYPE, IMMUTABLETYPE),
    doc = "The result of date.isocalendar() or datetime.isocalendar()\n\nThis object may be accessed either as a tuple of\n  ((year, week, weekday)\nor via the object attributes as named in the above tuple."
)]
impl IsoCalendarDate {
    #[new(raw)]
    fn make(vm: &Vm, _class: Gc<PyType>, args: Args<'_>) -> PyResult<Gc<PyTuple>> {
        let mut arguments = Keyworded::new(vm, Some("IsoCalendarDate"), &["year", "week", "weekday"], 3, 3, args)?;
        let mut row = [Value::NONE; 3];
        for place in &mut row {
            *place = arguments.required(vm)?;
        }
        arguments.finish(vm)?;
        let [year, week, weekday] = row;
        let int = |value| crate::parse_tuple::int(vm, value);
        new(vm, (int(year)?, int(week)?, int(weekday)?))
    }

    #[slot(repr)]
    fn repr(vm: &Vm, this: Gc<PyTuple>) -> PyResult<String> {
        let class = vm.class_name(this.value());
        let part = |index| vm.str(item(this, index)).map(|text| text.to_string_lossy());
        Ok(format!("{class}(year={}, week={}, weekday={})", part(0)?, part(1)?, part(2)?))
    }

    #[getter("year")]
    fn year(this: Gc<PyTuple>) -> Value {
        item(this, 0)
    }

    #[getter("week")]
    fn week(this: Gc<PyTuple>) -> Value {
        item(this, 1)
    }

    #[getter("weekday")]
    fn weekday(this: Gc<PyTuple>) -> Value {
        item(this, 2)
    }

    #[method("__reduce__($self, /)", doc = "__reduce__() -> (cls, state)")]
    fn reduce(vm: &Vm, this: Gc<PyTuple>) -> PyResult<Gc<PyTuple>> {
        let items = vm.new_tuple(&[item(this, 0), item(this, 1), item(this, 2)])?;
        let state = vm.new_tuple(&[items.value()])?;
        vm.new_tuple(&[vm.class::<PyTuple>().value(), state.value()])
    }
}
