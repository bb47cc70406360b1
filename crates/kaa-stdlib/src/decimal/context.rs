//! `Context`: precision, exponent range, rounding, traps and flags.

use std::cell::Cell;

use kaa_decimal::{Context, Flags, MAX_EMAX, MAX_PREC, MIN_EMIN, Rounding, flags};
use kaa_objects::class::PyType;
use kaa_objects::object::{Header, Slot};
use kaa_objects::types::list::PyList;
use kaa_objects::types::str::PyStr;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::{Args, Gc, PyResult, Trace, Value, Vm, py_type};

use super::arguments::bind;
use super::context_methods;
use super::signal_dict::PySignalDict;
use super::signals::{flags_of_dict, flags_of_list, names, signals_list, state};

/// `decimal.Context`.
#[repr(C)]
#[derive(Trace)]
pub struct PyContext {
    header: Header,
    /// What bounds results.
    #[trace(skip)]
    pub limits: Cell<Context>,
    /// Conditions that raise.
    #[trace(skip)]
    pub traps: Cell<Flags>,
    /// Conditions that were met.
    #[trace(skip)]
    pub status: Cell<Flags>,
    /// Whether exponents are written with a capital letter.
    #[trace(skip)]
    pub capitals: Cell<bool>,
    /// The mappings, once they were asked for.
    traps_dict: Slot<Gc<PySignalDict>>,
    flags_dict: Slot<Gc<PySignalDict>>,
}

impl PyContext {
    fn initial(vm: &Vm) -> PyContext {
        let template = state(vm).templates[0].get();
        let (limits, traps, status) = match template {
            Some(template) => (template.limits.get(), template.traps.get(), template.status.get()),
            None => {
                let limits =
                    Context { prec: 28, emax: 999_999, emin: -999_999, rounding: Rounding::HalfEven, clamp: false };
                (limits, flags::INVALID | flags::DIVISION_BY_ZERO | flags::OVERFLOW, 0)
            }
        };
        PyContext {
            header: Header::EMPTY,
            limits: Cell::new(limits),
            traps: Cell::new(traps),
            status: Cell::new(status),
            capitals: Cell::new(true),
            traps_dict: Slot::empty(),
            flags_dict: Slot::empty(),
        }
    }

    /// A context as `Context()` makes it.
    pub fn plain(vm: &Vm) -> PyResult<Gc<PyContext>> {
        let context = PyContext::initial(vm);
        vm.alloc(context)
    }

    /// A copy, of the class `Context` itself.
    pub fn copy_of(vm: &Vm, other: Gc<PyContext>) -> PyResult<Gc<PyContext>> {
        let copy = PyContext::plain(vm)?;
        copy.limits.set(other.limits.get());
        copy.traps.set(other.traps.get());
        copy.status.set(other.status.get());
        copy.capitals.set(other.capitals.get());
        Ok(copy)
    }

    /// The mapping of traps or of flags.
    fn signals(vm: &Vm, this: Gc<PyContext>, traps: bool) -> PyResult<Gc<PySignalDict>> {
        let slot = if traps { &this.traps_dict } else { &this.flags_dict };
        if let Some(dict) = slot.get() {
            return Ok(dict);
        }
        let dict = PySignalDict::of_context(vm, this, traps)?;
        slot.set(vm, this, dict);
        Ok(dict)
    }

    fn change(&self, change: impl FnOnce(&mut Context)) {
        let mut limits = self.limits.get();
        change(&mut limits);
        self.limits.set(limits);
    }
}

/// The rounding that a value names.
pub fn rounding_of(vm: &Vm, value: Value) -> PyResult<Rounding> {
    let found = vm
        .cast::<PyStr>(value)
        .and_then(|name| Rounding::ALL.into_iter().find(|rounding| name.equals_str(rounding.name())));
    found.ok_or_else(|| {
        vm.type_error(
            "valid values for rounding are:\n  [ROUND_CEILING, ROUND_FLOOR, ROUND_UP, ROUND_DOWN,\n   ROUND_HALF_UP, \
             ROUND_HALF_DOWN, ROUND_HALF_EVEN,\n   ROUND_05UP]",
        )
    })
}

/// An `int` of a word.
pub fn word(vm: &Vm, value: Value) -> PyResult<i64> {
    match vm.int_to_i64(value) {
        Some(word) => Ok(word),
        None if vm.is_int(value) => Err(vm.overflow_error("Python int too large to convert to C ssize_t")),
        None => Err(vm.type_error("an integer is required")),
    }
}

/// A word in a range; `ValueError` with a message otherwise.
fn word_in(vm: &Vm, value: Value, range: std::ops::RangeInclusive<i64>, message: &str) -> PyResult<i64> {
    let word = word(vm, value)?;
    if range.contains(&word) { Ok(word) } else { Err(vm.value_error(message)) }
}

fn set_prec(vm: &Vm, this: Gc<PyContext>, value: Value) -> PyResult<()> {
    let prec = word_in(vm, value, 1..=MAX_PREC, "valid range for prec is [1, MAX_PREC]")?;
    this.change(|limits| limits.prec = prec);
    Ok(())
}

fn set_emin(vm: &Vm, this: Gc<PyContext>, value: Value) -> PyResult<()> {
    let emin = word_in(vm, value, MIN_EMIN..=0, "valid range for Emin is [MIN_EMIN, 0]")?;
    this.change(|limits| limits.emin = emin);
    Ok(())
}

fn set_emax(vm: &Vm, this: Gc<PyContext>, value: Value) -> PyResult<()> {
    let emax = word_in(vm, value, 0..=MAX_EMAX, "valid range for Emax is [0, MAX_EMAX]")?;
    this.change(|limits| limits.emax = emax);
    Ok(())
}

fn set_rounding(vm: &Vm, this: Gc<PyContext>, value: Value) -> PyResult<()> {
    let rounding = rounding_of(vm, value)?;
    this.change(|limits| limits.rounding = rounding);
    Ok(())
}

fn set_capitals(vm: &Vm, this: Gc<PyContext>, value: Value) -> PyResult<()> {
    this.capitals.set(word_in(vm, value, 0..=1, "valid values for capitals are 0 or 1")? == 1);
    Ok(())
}

fn set_clamp(vm: &Vm, this: Gc<PyContext>, value: Value) -> PyResult<()> {
    let clamp = word_in(vm, value, 0..=1, "valid values for clamp are 0 or 1")? == 1;
    this.change(|limits| limits.clamp = clamp);
    Ok(())
}

/// The conditions of a mapping from signals.
fn flags_of_mapping(vm: &Vm, value: Value) -> PyResult<Flags> {
    match vm.cast::<PySignalDict>(value) {
        Some(dict) => dict.flags(vm),
        None => flags_of_dict(vm, value),
    }
}

/// The conditions of a list of signals or a mapping from them.
fn flags_of_value(vm: &Vm, value: Value) -> PyResult<Flags> {
    match vm.cast::<PyList>(value) {
        Some(list) => flags_of_list(vm, list),
        None => flags_of_mapping(vm, value),
    }
}

/// Sets what was given of prec, rounding, Emin, Emax, capitals, clamp, flags and traps.
pub fn set_attributes(vm: &Vm, this: Gc<PyContext>, values: [Option<Value>; 8]) -> PyResult<()> {
    let [prec, rounding, emin, emax, capitals, clamp, flags, traps] = values.map(|value| value?.not_none());
    type Set = fn(&Vm, Gc<PyContext>, Value) -> PyResult<()>;
    let setters: [(Option<Value>, Set); 6] = [
        (prec, set_prec),
        (rounding, set_rounding),
        (emin, set_emin),
        (emax, set_emax),
        (capitals, set_capitals),
        (clamp, set_clamp),
    ];
    for (value, set) in setters {
        if let Some(value) = value {
            set(vm, this, value)?;
        }
    }
    if let Some(traps) = traps {
        this.traps.set(flags_of_value(vm, traps)?);
    }
    if let Some(flags) = flags {
        this.status.set(flags_of_value(vm, flags)?);
    }
    Ok(())
}

#[py_type(
    name = "Context",
    module = "decimal",
    flags(BASETYPE, HEAPTYPE, IMMUTABLETYPE),
    parts(context_methods::UNARY, context_methods::BINARY, context_methods::PREDICATES, context_methods::OTHERS),
    doc = "The context affects almost all operations and controls rounding,\nOver/Underflow, raising of exceptions and much more.  A new context\ncan be constructed as follows:\n\n    >>> c = Context(prec=28, Emin=-425000000, Emax=425000000,\n    ...             rounding=ROUND_HALF_EVEN, capitals=1, clamp=1,\n    ...             traps=[InvalidOperation, DivisionByZero, Overflow],\n    ...             flags=[])\n    >>>\n\n\n"
)]
impl PyContext {
    #[new(
        raw,
        signature = "(prec=None, rounding=None, Emin=None, Emax=None, capitals=None, clamp=None, flags=None, traps=None)"
    )]
    fn new(vm: &Vm, class: Gc<PyType>, _args: Args<'_>) -> PyResult<Gc<PyContext>> {
        let context = PyContext::initial(vm);
        vm.alloc_instance(class, context)
    }

    #[init(raw)]
    fn init(vm: &Vm, this: Gc<PyContext>, args: Args<'_>) -> PyResult<()> {
        let names = ["prec", "rounding", "Emin", "Emax", "capitals", "clamp", "flags", "traps"];
        set_attributes(vm, this, bind(vm, args, names, 0)?)
    }

    #[slot(repr)]
    fn repr(&self) -> String {
        let Context { prec, emax, emin, rounding, clamp } = self.limits.get();
        format!(
            "Context(prec={prec}, rounding={}, Emin={emin}, Emax={emax}, capitals={}, clamp={}, flags={}, traps={})",
            rounding.name(),
            i32::from(self.capitals.get()),
            i32::from(clamp),
            names(self.status.get()),
            names(self.traps.get())
        )
    }

    #[slot(getattro)]
    fn get_attribute(vm: &Vm, this: Gc<PyContext>, name: Gc<PyStr>) -> PyResult {
        let traps = name.equals_str("traps");
        if traps || name.equals_str("flags") {
            return Ok(PyContext::signals(vm, this, traps)?.value());
        }
        vm.generic_get_attr(this.value(), name)
    }

    #[slot(setattro)]
    fn set_attribute(vm: &Vm, this: Gc<PyContext>, name: Gc<PyStr>, value: Option<Value>) -> PyResult<()> {
        let Some(value) = value else {
            return Err(vm.raise_new(vm.exceptions().AttributeError, "context attributes cannot be deleted"));
        };
        if name.equals_str("traps") {
            this.traps.set(flags_of_mapping(vm, value)?);
            return Ok(());
        }
        if name.equals_str("flags") {
            this.status.set(flags_of_mapping(vm, value)?);
            return Ok(());
        }
        vm.generic_set_attr(this.value(), name, Some(value))
    }

    #[getter("prec")]
    fn prec(this: Gc<PyContext>) -> i64 {
        this.limits.get().prec
    }

    #[setter("prec")]
    fn prec_setter(vm: &Vm, this: Gc<PyContext>, value: Value) -> PyResult<()> {
        set_prec(vm, this, value)
    }

    #[getter("Emax")]
    fn emax(this: Gc<PyContext>) -> i64 {
        this.limits.get().emax
    }

    #[setter("Emax")]
    fn emax_setter(vm: &Vm, this: Gc<PyContext>, value: Value) -> PyResult<()> {
        set_emax(vm, this, value)
    }

    #[getter("Emin")]
    fn emin(this: Gc<PyContext>) -> i64 {
        this.limits.get().emin
    }

    #[setter("Emin")]
    fn emin_setter(vm: &Vm, this: Gc<PyContext>, value: Value) -> PyResult<()> {
        set_emin(vm, this, value)
    }

    #[getter("rounding")]
    fn rounding(vm: &Vm, this: Gc<PyContext>) -> Gc<PyStr> {
        vm.intern(this.limits.get().rounding.name())
    }

    #[setter("rounding")]
    fn rounding_setter(vm: &Vm, this: Gc<PyContext>, value: Value) -> PyResult<()> {
        set_rounding(vm, this, value)
    }

    #[getter("capitals")]
    fn capitals(this: Gc<PyContext>) -> i64 {
        this.capitals.get().into()
    }

    #[setter("capitals")]
    fn capitals_setter(vm: &Vm, this: Gc<PyContext>, value: Value) -> PyResult<()> {
        set_capitals(vm, this, value)
    }

    #[getter("clamp")]
    fn clamp(this: Gc<PyContext>) -> i64 {
        this.limits.get().clamp.into()
    }

    #[setter("clamp")]
    fn clamp_setter(vm: &Vm, this: Gc<PyContext>, value: Value) -> PyResult<()> {
        set_clamp(vm, this, value)
    }

    #[method(
        "Etiny($self, /)",
        doc = "Return a value equal to Emin - prec + 1, which is the minimum exponent value\nfor subnormal results.  When underflow occurs, the exponent is set to Etiny.\n\n"
    )]
    fn etiny(this: Gc<PyContext>) -> i64 {
        this.limits.get().etiny()
    }

    #[method(
        "Etop($self, /)",
        doc = "Return a value equal to Emax - prec + 1.  This is the maximum exponent\nif the _clamp field of the context is set to 1 (IEEE clamp mode).  Etop()\nmust not be negative.\n\n"
    )]
    fn etop(this: Gc<PyContext>) -> i64 {
        this.limits.get().etop()
    }

    #[method("clear_flags($self, /)", doc = "Reset all flags to False.\n\n")]
    fn clear_flags(this: Gc<PyContext>) {
        this.status.set(0);
    }

    #[method("clear_traps($self, /)", doc = "Set all traps to False.\n\n")]
    fn clear_traps(this: Gc<PyContext>) {
        this.traps.set(0);
    }

    #[method("__copy__($self, /)")]
    #[method("copy($self, /)", doc = "Return a duplicate of the context.\n\n")]
    fn copy(vm: &Vm, this: Gc<PyContext>) -> PyResult<Gc<PyContext>> {
        PyContext::copy_of(vm, this)
    }

    #[method("__reduce__($self, /)")]
    fn reduce(vm: &Vm, this: Gc<PyContext>) -> PyResult<Gc<PyTuple>> {
        let Context { prec, emax, emin, rounding, clamp } = this.limits.get();
        let flags = signals_list(vm, this.status.get())?;
        let traps = signals_list(vm, this.traps.get())?;
        let args = [
            vm.new_int(prec)?,
            vm.intern(rounding.name()).value(),
            vm.new_int(emin)?,
            vm.new_int(emax)?,
            Value::small_int(this.capitals.get().into()),
            Value::small_int(clamp.into()),
            flags.value(),
            traps.value(),
        ];
        let args = vm.new_tuple(&args)?;
        vm.new_tuple(&[vm.class_of(this.value()).value(), args.value()])
    }
}
