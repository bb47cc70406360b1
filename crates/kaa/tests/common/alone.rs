//! Running executables in a folder that is all they see of the system's files.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::executables::{Folder, err};

/// An empty root folder, with an executable and what tests put beside it.
pub struct Alone {
    pub folder: Folder,
    log: Option<PathBuf>,
}

/// What there is besides the folder.
#[derive(Clone, Copy, Default)]
pub struct Around {
    /// The processes, as `/proc`.
    pub processes: bool,
    /// The folder cannot be written, but for `/writable`.
    pub read_only: bool,
}

/// `$1` is the folder, `$2` and `$3` say what is around; the rest is run in it.
const SCRIPT: &str = r#"
set -e
root=$1 processes=$2 read_only=$3
shift 3
mkdir -p "$root/proc" "$root/writable"
mount --bind "$root" "$root"
if [ "$processes" = true ]; then mount --rbind /proc "$root/proc"; fi
mount --bind "$root/writable" "$root/writable"
if [ "$read_only" = true ]; then mount -o remount,bind,ro "$root"; fi
exec chroot "$root" "$@"
"#;

impl Alone {
    /// A root folder, if these tests may make one; says so if not.
    pub fn new() -> Option<Alone> {
        let mut alone = Alone { folder: Folder::new(), log: None };
        let output = alone.command("/absent", Around { processes: true, read_only: true }).output();
        // What `chroot` says when it is in, and finds no such program.
        if output.as_ref().is_ok_and(|output| output.status.code() == Some(127)) {
            let mut strace = Command::new("strace");
            let traced = strace.args(["-f", "-o", "/dev/null", "true"]).stderr(Stdio::null()).status();
            if traced.is_ok_and(|status| status.success()) {
                alone.log = Some(std::env::temp_dir().join(format!("{}.calls", alone.name())));
            } else {
                eprintln!("calls of the system are not looked at: strace cannot be used");
            }
            return Some(alone);
        }
        let why = output.map_or_else(|error| error.to_string(), |output| err(&output));
        eprintln!("skipped: no root folder can be made: {}", why.trim());
        None
    }

    fn name(&self) -> String {
        self.folder.0.file_name().unwrap().to_string_lossy().into_owned()
    }

    /// A command that runs a program of the folder: its environment is empty, or nearly so.
    pub fn command(&self, program: &str, around: Around) -> Command {
        let mut command;
        match &self.log {
            Some(log) => {
                command = Command::new("strace");
                command
                    .args(["-f", "-qq", "-s", "300", "-e", "trace=%file,memfd_create", "-o"])
                    .arg(log)
                    .arg("unshare");
            }
            None => command = Command::new("unshare"),
        }
        // SAFETY: a call without arguments.
        if unsafe { libc::geteuid() } != 0 {
            command.arg("--map-root-user");
        }
        command.args(["--mount", "sh", "-c", SCRIPT, "sh"]).arg(&self.folder.0);
        command.args([around.processes, around.read_only].map(|is| is.to_string())).arg(program);
        command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").env("LANG", "C.UTF-8");
        command
    }

    /// The calls since the program was started that open, make or change files, as `openat /path`:
    /// those that failed, too. `None` where they cannot be looked at.
    pub fn calls(&self, program: &str) -> Option<Vec<String>> {
        const NAMES: [&str; 16] = [
            "open",
            "openat",
            "openat2",
            "creat",
            "memfd_create",
            "mkdir",
            "mkdirat",
            "unlink",
            "unlinkat",
            "rename",
            "renameat",
            "renameat2",
            "symlink",
            "symlinkat",
            "mknodat",
            "truncate",
        ];
        let log = std::fs::read_to_string(self.log.as_ref()?).unwrap();
        let start = format!("execve(\"{program}\"");
        let mut lines = log.lines().skip_while(|line| !line.contains(&start));
        assert!(lines.next().is_some_and(|line| line.ends_with("= 0")), "{log}");
        // `1234 openat(AT_FDCWD, "/path", …) = 3`
        let calls = lines.filter_map(|line| {
            let (name, arguments) = line.split_once(' ')?.1.trim_start().split_once('(')?;
            let path = arguments.split('"').nth(1).unwrap_or_default();
            NAMES.contains(&name).then(|| format!("{name} {path}"))
        });
        Some(calls.collect())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.0.join(Path::new(name))
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        self.log.iter().for_each(|log| drop(std::fs::remove_file(log)));
    }
}
