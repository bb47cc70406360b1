//! `posix_spawn`.

use kaa_host::posix_spawn::{FileAction, Options, spawn};
use kaa_macros::py_functions;
use kaa_objects::types::list::PyList;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::types::value_vec::ValueVec;
use kaa_objects::{PyResult, Value, Vm};

use super::Posix;
use super::process::{program_args, program_environment};
use super::scheduling::sched_priority;
use crate::host_call::raise_for;
use crate::path::{Path, system_text};

/// The keyword arguments.
struct Given {
    file_actions: Value,
    setpgroup: Value,
    resetids: bool,
    setsid: bool,
    setsigmask: Option<Value>,
    setsigdef: Option<Value>,
    scheduler: Value,
}

fn int(vm: &Vm, value: Value) -> PyResult<i32> {
    let index = vm.index(value)?;
    let number = vm.int_to_i64(index).and_then(|number| i32::try_from(number).ok());
    number.ok_or_else(|| vm.overflow_error("Python int too large to convert to C int"))
}

fn signals(vm: &Vm, signals: Value) -> PyResult<Vec<i32>> {
    const GREATEST: i64 = 64;
    let mut numbers = Vec::new();
    vm.for_each(signals, |signal| {
        let index = vm.index(signal)?;
        match vm.int_to_i64(index) {
            Some(number) if (1..=GREATEST).contains(&number) => numbers.push(number as i32),
            Some(number) => {
                let text = format!("signal number {number} out of range [1; {GREATEST}]");
                return Err(vm.value_error(text));
            }
            None => return Err(vm.overflow_error("Python int too large to convert to C long")),
        }
        Ok(())
    })?;
    Ok(numbers)
}

fn file_action(vm: &Vm, action: Value) -> PyResult<FileAction> {
    let items = vm.cast::<PyTuple>(action).filter(|items| !items.is_empty());
    let Some(items) = items else {
        return Err(vm.type_error("Each file_actions element must be a non-empty tuple"));
    };
    let kind = int(vm, items.as_slice()[0])?;
    match (kind, items.as_slice()) {
        (0, &[_, fd, path, flags, mode]) => Ok(FileAction::Open {
            fd: int(vm, fd)?,
            path: system_text(vm, path)?,
            flags: int(vm, flags)?,
            mode: int(vm, mode)? as u32,
        }),
        (0, _) => Err(vm.type_error("A open file_action tuple must have 5 elements")),
        (1, &[_, fd]) => Ok(FileAction::Close(int(vm, fd)?)),
        (1, _) => Err(vm.type_error("A close file_action tuple must have 2 elements")),
        (2, &[_, fd, to]) => Ok(FileAction::Duplicate(int(vm, fd)?, int(vm, to)?)),
        (2, _) => Err(vm.type_error("A dup2 file_action tuple must have 3 elements")),
        (3, &[_, fd]) => Ok(FileAction::CloseFrom(int(vm, fd)?)),
        (3, _) => Err(vm.type_error("A closefrom file_action tuple must have 2 elements")),
        _ => Err(vm.type_error("Unknown file_actions identifier")),
    }
}

fn scheduler(vm: &Vm, function: &str, scheduler: Value) -> PyResult<Option<(Option<i32>, i32)>> {
    let Some(scheduler) = scheduler.not_none() else { return Ok(None) };
    let Some(pair) = vm.cast::<PyTuple>(scheduler) else {
        return Err(vm.type_error(format_args!("{function}: scheduler must be a tuple or None")));
    };
    let &[policy, param] = pair.as_slice() else {
        return Err(vm.type_error("A scheduler tuple must have two elements"));
    };
    let policy = policy.not_none().map(|policy| int(vm, policy)).transpose()?;
    Ok(Some((policy, sched_priority(vm, param)?)))
}

fn options(vm: &Vm, function: &str, given: &Given) -> PyResult<Options> {
    let mut actions = Vec::new();
    if let Some(sequence) = given.file_actions.not_none() {
        let is_row = vm.cast::<PyList>(sequence).is_some() || vm.cast::<PyTuple>(sequence).is_some();
        if !is_row && vm.slots_of(sequence).iter.is_none() {
            return Err(vm.type_error("file_actions must be a sequence or None"));
        }
        let row = ValueVec::from_iterable(vm, sequence)?;
        for &action in row.as_slice() {
            actions.push(file_action(vm, action)?);
        }
    }
    Ok(Options {
        actions,
        process_group: given.setpgroup.not_none().map(|group| int(vm, group)).transpose()?,
        reset_ids: given.resetids,
        new_session: given.setsid,
        mask: given.setsigmask.map(|mask| signals(vm, mask)).transpose()?,
        defaults: given.setsigdef.map(|defaults| signals(vm, defaults)).transpose()?,
        scheduler: scheduler(vm, function, given.scheduler)?,
    })
}

fn start(vm: &Vm, function: &str, path: &Path, argv: Value, env: Value, given: &Given) -> PyResult<i32> {
    if vm.cast::<PyList>(argv).is_none() && vm.cast::<PyTuple>(argv).is_none() {
        return Err(vm.type_error(format_args!("{function}: argv must be a tuple or list")));
    }
    if !env.is_none() && vm.slots_of(env).mp_subscript.is_none() {
        return Err(vm.type_error(format_args!("{function}: environment must be a mapping object or None")));
    }
    let args = program_args(vm, function, argv)?;
    let environment = env.not_none().map(|env| program_environment(vm, env)).transpose()?;
    let options = options(vm, function, given)?;
    let search = function == "posix_spawnp";
    match spawn(path.as_c(), &args, environment.as_deref(), &options, search) {
        Ok(pid) => Ok(pid),
        Err(error) => Err(raise_for(vm, error, path.object)),
    }
}

#[py_functions(FUNCTIONS, of = "posix")]
impl Posix {
    #[function(
        "posix_spawn(path, argv, env, /, *, file_actions=(), setpgroup=None, resetids=False, setsid=False, setsigmask=(), setsigdef=(), scheduler=None)",
        doc = "Execute the program specified by path in a new process.\n\n  path\n    Path of executable file.\n  argv\n    Tuple or list of strings.\n  env\n    Dictionary of strings mapping to strings.\n  file_actions\n    A sequence of file action tuples.\n  setpgroup\n    The pgroup to use with the POSIX_SPAWN_SETPGROUP flag.\n  resetids\n    If the value is `true` the POSIX_SPAWN_RESETIDS will be activated.\n  setsid\n    If the value is `true` the POSIX_SPAWN_SETSID or POSIX_SPAWN_SETSID_NP\n    will be activated.\n  setsigmask\n    The sigmask to use with the POSIX_SPAWN_SETSIGMASK flag.\n  setsigdef\n    The sigmask to use with the POSIX_SPAWN_SETSIGDEF flag.\n  scheduler\n    A tuple with the scheduler policy (optional) and parameters."
    )]
    #[allow(clippy::too_many_arguments, reason = "the arguments of CPython's function")]
    fn posix_spawn(
        vm: &Vm,
        path: Path,
        argv: Value,
        env: Value,
        file_actions: Option<Value>,
        setpgroup: Value,
        resetids: bool,
        setsid: bool,
        setsigmask: Option<Value>,
        setsigdef: Option<Value>,
        scheduler: Value,
    ) -> PyResult<i32> {
        let file_actions = file_actions.unwrap_or(Value::NONE);
        let given = Given { file_actions, setpgroup, resetids, setsid, setsigmask, setsigdef, scheduler };
        start(vm, "posix_spawn", &path, argv, env, &given)
    }

    #[function(
        "posix_spawnp(path, argv, env, /, *, file_actions=(), setpgroup=None, resetids=False, setsid=False, setsigmask=(), setsigdef=(), scheduler=None)",
        doc = "Execute the program specified by path in a new process.\n\n  path\n    Path of executable file.\n  argv\n    Tuple or list of strings.\n  env\n    Dictionary of strings mapping to strings.\n  file_actions\n    A sequence of file action tuples.\n  setpgroup\n    The pgroup to use with the POSIX_SPAWN_SETPGROUP flag.\n  resetids\n    If the value is `True` the POSIX_SPAWN_RESETIDS will be activated.\n  setsid\n    If the value is `True` the POSIX_SPAWN_SETSID or POSIX_SPAWN_SETSID_NP\n    will be activated.\n  setsigmask\n    The sigmask to use with the POSIX_SPAWN_SETSIGMASK flag.\n  setsigdef\n    The sigmask to use with the POSIX_SPAWN_SETSIGDEF flag.\n  scheduler\n    A tuple with the scheduler policy (optional) and parameters."
    )]
    #[allow(clippy::too_many_arguments, reason = "the arguments of CPython's function")]
    fn posix_spawnp(
        vm: &Vm,
        path: Path,
        argv: Value,
        env: Value,
        file_actions: Option<Value>,
        setpgroup: Value,
        resetids: bool,
        setsid: bool,
        setsigmask: Option<Value>,
        setsigdef: Option<Value>,
        scheduler: Value,
    ) -> PyResult<i32> {
        let file_actions = file_actions.unwrap_or(Value::NONE);
        let given = Given { file_actions, setpgroup, resetids, setsid, setsigmask, setsigdef, scheduler };
        start(vm, "posix_spawnp", &path, argv, env, &given)
    }
}
