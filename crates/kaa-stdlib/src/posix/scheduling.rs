//! How much and where processes run.

use kaa_host::process;
use kaa_macros::py_functions;
use kaa_objects::types::set::PySet;
use kaa_objects::types::struct_sequence::StructSequenceDef;
use kaa_objects::{PyResult, Value, Vm};

use super::Posix;
use crate::host_call::OrRaise;

/// `posix.sched_param`.
pub static SCHED_PARAM: StructSequenceDef = StructSequenceDef {
    name: "sched_param",
    module: "posix",
    doc: "Currently has only one field: sched_priority",
    fields: &[("sched_priority", "the scheduling priority")],
    visible: 1,
    callable: true,
};

#[py_functions(FUNCTIONS, of = "posix")]
impl Posix {
    #[function("nice(increment, /)", doc = "Add increment to the priority of process and return the new priority.")]
    fn nice(vm: &Vm, increment: i32) -> PyResult<i32> {
        process::add_niceness(increment).or_raise(vm)
    }

    #[function("getpriority(which, who)", doc = "Return program scheduling priority.")]
    fn getpriority(vm: &Vm, which: i32, who: i32) -> PyResult<i32> {
        process::priority(which as u32, who as u32).or_raise(vm)
    }

    #[function("setpriority(which, who, priority)", doc = "Set program scheduling priority.")]
    fn setpriority(vm: &Vm, which: i32, who: i32, priority: i32) -> PyResult<()> {
        process::set_priority(which as u32, who as u32, priority).or_raise(vm)
    }

    #[function("sched_yield()", doc = "Voluntarily relinquish the CPU.")]
    fn sched_yield(vm: &Vm) -> PyResult<()> {
        process::yield_now().or_raise(vm)
    }

    #[function(
        "sched_getaffinity(pid, /)",
        doc = "Return the affinity of the process identified by pid (or the current process if zero).\n\nThe affinity is returned as a set of CPU identifiers."
    )]
    fn sched_getaffinity(vm: &Vm, pid: i32) -> PyResult {
        let cpus = process::affinity(pid).or_raise(vm)?;
        let list = super::number_list(vm, cpus.into_iter().map(|cpu| cpu as i64))?;
        vm.call(vm.class::<PySet>().value(), &[list])
    }

    #[function(
        "sched_setaffinity(pid, mask, /)",
        doc = "Set the CPU affinity of the process identified by pid to mask.\n\n  pid\n    The process ID of which the affinity is set\n  mask\n    An iterable of integers identifying CPUs"
    )]
    fn sched_setaffinity(vm: &Vm, pid: i32, mask: Value) -> PyResult<()> {
        let mut cpus = Vec::new();
        vm.for_each(mask, |cpu| {
            let index = vm.index(cpu)?;
            match vm.int_to_i64(index) {
                Some(cpu) if cpu < 0 => return Err(vm.value_error("negative CPU number")),
                Some(cpu) if cpu < 1 << 20 => cpus.push(cpu as usize),
                _ => return Err(vm.overflow_error("CPU number too large")),
            }
            Ok(())
        })?;
        process::set_affinity(pid, &cpus).or_raise(vm)
    }

    #[function(
        "cpu_count()",
        doc = "Return the number of logical CPUs in the system.\n\nReturn None if indeterminable."
    )]
    fn cpu_count(vm: &Vm) -> PyResult {
        match kaa_host::system::setting(libc::_SC_NPROCESSORS_ONLN) {
            Ok(count) if count > 0 => vm.new_int(count),
            _ => Ok(Value::NONE),
        }
    }
}
