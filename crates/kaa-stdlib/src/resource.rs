//! `resource`: what processes use, and limits of that.

use kaa_host::process;
use kaa_macros::py_module;
use kaa_objects::types::module::PyModule;
use kaa_objects::types::struct_sequence::StructSequenceDef;
use kaa_objects::{Gc, PyResult, Value, Vm};

use crate::host_call::{OrRaise, raise};

/// The module.
pub struct Resource;

/// `resource.struct_rusage`.
pub static STRUCT_RUSAGE: StructSequenceDef = StructSequenceDef {
    name: "struct_rusage",
    module: "resource",
    doc: "struct_rusage: Result from getrusage.\n\nThis object may be accessed either as a tuple of\n    (utime,stime,maxrss,ixrss,idrss,isrss,minflt,majflt,\n    nswap,inblock,oublock,msgsnd,msgrcv,nsignals,nvcsw,nivcsw)\nor via the attributes ru_utime, ru_stime, ru_maxrss, and so on.",
    fields: &[
        ("ru_utime", "user time used"),
        ("ru_stime", "system time used"),
        ("ru_maxrss", "max. resident set size"),
        ("ru_ixrss", "shared memory size"),
        ("ru_idrss", "unshared data size"),
        ("ru_isrss", "unshared stack size"),
        ("ru_minflt", "page faults not requiring I/O"),
        ("ru_majflt", "page faults requiring I/O"),
        ("ru_nswap", "number of swap outs"),
        ("ru_inblock", "block input operations"),
        ("ru_oublock", "block output operations"),
        ("ru_msgsnd", "IPC messages sent"),
        ("ru_msgrcv", "IPC messages received"),
        ("ru_nsignals", "signals received"),
        ("ru_nvcsw", "voluntary context switches"),
        ("ru_nivcsw", "involuntary context switches"),
    ],
    visible: 16,
    callable: true,
};

/// The `resource.struct_rusage` of what the system tells.
pub fn usage_result(vm: &Vm, usage: &libc::rusage) -> PyResult {
    let seconds = |time: libc::timeval| vm.new_float(time.tv_sec as f64 + time.tv_usec as f64 * 1e-6);
    let mut fields = [Value::NONE; 16];
    fields[0] = seconds(usage.ru_utime)?;
    fields[1] = seconds(usage.ru_stime)?;
    let counts = [
        usage.ru_maxrss,
        usage.ru_ixrss,
        usage.ru_idrss,
        usage.ru_isrss,
        usage.ru_minflt,
        usage.ru_majflt,
        usage.ru_nswap,
        usage.ru_inblock,
        usage.ru_oublock,
        usage.ru_msgsnd,
        usage.ru_msgrcv,
        usage.ru_nsignals,
        usage.ru_nvcsw,
        usage.ru_nivcsw,
    ];
    for (field, count) in fields[2..].iter_mut().zip(counts) {
        *field = vm.new_int(count)?;
    }
    vm.new_struct_sequence(&STRUCT_RUSAGE, &fields)
}

/// How many resources Linux has limits for.
const RESOURCES: u32 = 16;

fn check_resource(vm: &Vm, resource: i32) -> PyResult<u32> {
    match u32::try_from(resource) {
        Ok(resource) if resource < RESOURCES => Ok(resource),
        _ => Err(vm.value_error("invalid resource specified")),
    }
}

/// A limit as an integer; none is -1.
fn limit_value(vm: &Vm, limit: u64) -> PyResult {
    vm.new_int(limit as i64)
}

fn limits_value(vm: &Vm, limits: (u64, u64)) -> PyResult {
    Ok(vm.new_tuple(&[limit_value(vm, limits.0)?, limit_value(vm, limits.1)?])?.value())
}

fn read_limits(vm: &Vm, limits: Value) -> PyResult<(u64, u64)> {
    let pair = vm.tuple_from(limits)?;
    let &[soft, hard] = pair.as_slice() else { return Err(vm.value_error("expected a tuple of 2 integers")) };
    let number = |value| -> PyResult<u64> {
        let index = vm.index(value)?;
        match vm.int_to_i64(index) {
            Some(limit) => Ok(limit as u64),
            None => Err(vm.overflow_error("Python int too large to convert to C long")),
        }
    };
    Ok((number(soft)?, number(hard)?))
}

/// The `ValueError`s that limits have.
fn limit_error(vm: &Vm, error: kaa_host::Errno) -> kaa_objects::Raised {
    match error.0 {
        libc::EINVAL => vm.value_error("current limit exceeds maximum limit"),
        libc::EPERM => vm.value_error("not allowed to raise maximum limit"),
        _ => raise(vm, error),
    }
}

const CONSTANTS: &[(&str, i64)] = &[
    ("RLIM_INFINITY", -1),
    ("RLIMIT_AS", libc::RLIMIT_AS as i64),
    ("RLIMIT_CORE", libc::RLIMIT_CORE as i64),
    ("RLIMIT_CPU", libc::RLIMIT_CPU as i64),
    ("RLIMIT_DATA", libc::RLIMIT_DATA as i64),
    ("RLIMIT_FSIZE", libc::RLIMIT_FSIZE as i64),
    ("RLIMIT_MEMLOCK", libc::RLIMIT_MEMLOCK as i64),
    ("RLIMIT_MSGQUEUE", libc::RLIMIT_MSGQUEUE as i64),
    ("RLIMIT_NICE", libc::RLIMIT_NICE as i64),
    ("RLIMIT_NOFILE", libc::RLIMIT_NOFILE as i64),
    ("RLIMIT_NPROC", libc::RLIMIT_NPROC as i64),
    ("RLIMIT_OFILE", libc::RLIMIT_NOFILE as i64),
    ("RLIMIT_RSS", libc::RLIMIT_RSS as i64),
    ("RLIMIT_RTPRIO", libc::RLIMIT_RTPRIO as i64),
    ("RLIMIT_RTTIME", libc::RLIMIT_RTTIME as i64),
    ("RLIMIT_SIGPENDING", libc::RLIMIT_SIGPENDING as i64),
    ("RLIMIT_STACK", libc::RLIMIT_STACK as i64),
    ("RUSAGE_CHILDREN", libc::RUSAGE_CHILDREN as i64),
    ("RUSAGE_SELF", libc::RUSAGE_SELF as i64),
    ("RUSAGE_THREAD", libc::RUSAGE_THREAD as i64),
];

fn set_up(vm: &Vm, module: Gc<PyModule>) -> PyResult<()> {
    let dict = module.dict.get_set();
    for &(name, number) in CONSTANTS {
        dict.set_str(vm, vm.intern(name), Value::small_int(number))?;
    }
    dict.set_str(vm, vm.intern("error"), vm.exceptions().OSError.value())?;
    dict.set_str(vm, vm.intern("struct_rusage"), vm.struct_sequence_class(&STRUCT_RUSAGE)?.value())
}

#[py_module(name = "resource", setup = set_up)]
impl Resource {
    #[function("getrusage(who, /)")]
    fn getrusage(vm: &Vm, who: i32) -> PyResult {
        match process::usage(who) {
            Err(kaa_host::Errno(libc::EINVAL)) => Err(vm.value_error("invalid who parameter")),
            usage => usage_result(vm, &usage.or_raise(vm)?),
        }
    }

    #[function("getrlimit(resource, /)")]
    fn getrlimit(vm: &Vm, resource: i32) -> PyResult {
        let resource = check_resource(vm, resource)?;
        limits_value(vm, process::limits(resource).or_raise(vm)?)
    }

    #[function("setrlimit(resource, limits, /)")]
    fn setrlimit(vm: &Vm, resource: i32, limits: Value) -> PyResult<()> {
        let resource = check_resource(vm, resource)?;
        let limits = read_limits(vm, limits)?;
        process::set_limits(0, resource, Some(limits)).map_err(|error| limit_error(vm, error)).map(drop)
    }

    #[function("prlimit(pid, resource, limits=None, /)")]
    fn prlimit(vm: &Vm, pid: i32, resource: i32, limits: Value) -> PyResult {
        let resource = check_resource(vm, resource)?;
        let limits = match limits.not_none() {
            Some(limits) => Some(read_limits(vm, limits)?),
            None => None,
        };
        match process::set_limits(pid, resource, limits) {
            Ok(old) => limits_value(vm, old),
            Err(kaa_host::Errno(libc::EINVAL)) => Err(vm.value_error("current limit exceeds maximum limit")),
            Err(error) => Err(raise(vm, error)),
        }
    }

    #[function("getpagesize()")]
    fn getpagesize(vm: &Vm) -> PyResult<i64> {
        kaa_host::system::setting(libc::_SC_PAGESIZE).or_raise(vm)
    }
}
