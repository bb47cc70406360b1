//! `_stat`: what the numbers of `os.stat` mean.

use kaa_objects::args::{Argument, FromValue};
use kaa_objects::{PyResult, Value, Vm, py_module};

/// The module.
pub struct Stat;

/// The mode of a file, as an argument.
struct Mode(u32);

impl FromValue for Mode {
    fn from_value(vm: &Vm, value: Value, _: Argument) -> PyResult<Mode> {
        let mode = vm.index(value)?;
        match vm.int_to_i64(mode) {
            Some(..0) => Err(vm.overflow_error("can't convert negative value to unsigned int")),
            Some(mode @ 0..=0xffff_ffff) => Ok(Mode(mode as u32)),
            _ => Err(vm.overflow_error("mode out of range")),
        }
    }
}

/// The bits that tell the type of a file.
const TYPE: u32 = 0o170000;

impl Mode {
    fn is(&self, kind: u32) -> bool {
        self.0 & TYPE == kind
    }
}

#[py_module(
    name = "_stat",
    doc = "S_IFMT_: file type bits\nS_IFDIR: directory\nS_IFCHR: character device\nS_IFBLK: block device\nS_IFREG: regular file\nS_IFIFO: fifo (named pipe)\nS_IFLNK: symbolic link\nS_IFSOCK: socket file\nS_IFDOOR: door\nS_IFPORT: event port\nS_IFWHT: whiteout\n\nS_ISUID: set UID bit\nS_ISGID: set GID bit\nS_ENFMT: file locking enforcement\nS_ISVTX: sticky bit\nS_IREAD: Unix V7 synonym for S_IRUSR\nS_IWRITE: Unix V7 synonym for S_IWUSR\nS_IEXEC: Unix V7 synonym for S_IXUSR\nS_IRWXU: mask for owner permissions\nS_IRUSR: read by owner\nS_IWUSR: write by owner\nS_IXUSR: execute by owner\nS_IRWXG: mask for group permissions\nS_IRGRP: read by group\nS_IWGRP: write by group\nS_IXGRP: execute by group\nS_IRWXO: mask for others (not in group) permissions\nS_IROTH: read by others\nS_IWOTH: write by others\nS_IXOTH: execute by others\n\nUF_SETTABLE: mask of owner changeable flags\nUF_NODUMP: do not dump file\nUF_IMMUTABLE: file may not be changed\nUF_APPEND: file may only be appended to\nUF_OPAQUE: directory is opaque when viewed through a union stack\nUF_NOUNLINK: file may not be renamed or deleted\nUF_COMPRESSED: macOS: file is hfs-compressed\nUF_TRACKED: used for dealing with document IDs\nUF_DATAVAULT: entitlement required for reading and writing\nUF_HIDDEN: macOS: file should not be displayed\nSF_SETTABLE: mask of super user changeable flags\nSF_ARCHIVED: file may be archived\nSF_IMMUTABLE: file may not be changed\nSF_APPEND: file may only be appended to\nSF_RESTRICTED: entitlement required for writing\nSF_NOUNLINK: file may not be renamed or deleted\nSF_SNAPSHOT: file is a snapshot file\nSF_FIRMLINK: file is a firmlink\nSF_DATALESS: file is a dataless object\n\nOn macOS:\nSF_SUPPORTED: mask of super user supported flags\nSF_SYNTHETIC: mask of read-only synthetic flags\n\nST_MODE\nST_INO\nST_DEV\nST_NLINK\nST_UID\nST_GID\nST_SIZE\nST_ATIME\nST_MTIME\nST_CTIME\n\nFILE_ATTRIBUTE_*: Windows file attribute constants\n                   (only present on Windows)\n"
)]
impl Stat {
    #[constant]
    const S_ENFMT: u32 = 0o2000;
    #[constant]
    const S_IEXEC: u32 = 0o100;
    #[constant]
    const S_IFBLK: u32 = 0o60000;
    #[constant]
    const S_IFCHR: u32 = 0o20000;
    #[constant]
    const S_IFDIR: u32 = 0o40000;
    #[constant]
    const S_IFDOOR: u32 = 0o0;
    #[constant]
    const S_IFIFO: u32 = 0o10000;
    #[constant]
    const S_IFLNK: u32 = 0o120000;
    #[constant]
    const S_IFPORT: u32 = 0o0;
    #[constant]
    const S_IFREG: u32 = 0o100000;
    #[constant]
    const S_IFSOCK: u32 = 0o140000;
    #[constant]
    const S_IFWHT: u32 = 0o0;
    #[constant]
    const S_IREAD: u32 = 0o400;
    #[constant]
    const S_IRGRP: u32 = 0o40;
    #[constant]
    const S_IROTH: u32 = 0o4;
    #[constant]
    const S_IRUSR: u32 = 0o400;
    #[constant]
    const S_IRWXG: u32 = 0o70;
    #[constant]
    const S_IRWXO: u32 = 0o7;
    #[constant]
    const S_IRWXU: u32 = 0o700;
    #[constant]
    const S_ISGID: u32 = 0o2000;
    #[constant]
    const S_ISUID: u32 = 0o4000;
    #[constant]
    const S_ISVTX: u32 = 0o1000;
    #[constant]
    const S_IWGRP: u32 = 0o20;
    #[constant]
    const S_IWOTH: u32 = 0o2;
    #[constant]
    const S_IWRITE: u32 = 0o200;
    #[constant]
    const S_IWUSR: u32 = 0o200;
    #[constant]
    const S_IXGRP: u32 = 0o10;
    #[constant]
    const S_IXOTH: u32 = 0o1;
    #[constant]
    const S_IXUSR: u32 = 0o100;
    #[constant]
    const ST_ATIME: u32 = 0o7;
    #[constant]
    const ST_CTIME: u32 = 0o11;
    #[constant]
    const ST_DEV: u32 = 0o2;
    #[constant]
    const ST_GID: u32 = 0o5;
    #[constant]
    const ST_INO: u32 = 0o1;
    #[constant]
    const ST_MODE: u32 = 0o0;
    #[constant]
    const ST_MTIME: u32 = 0o10;
    #[constant]
    const ST_NLINK: u32 = 0o3;
    #[constant]
    const ST_SIZE: u32 = 0o6;
    #[constant]
    const ST_UID: u32 = 0o4;
    #[constant]
    const SF_APPEND: u32 = 0o1000000;
    #[constant]
    const SF_ARCHIVED: u32 = 0o200000;
    #[constant]
    const SF_DATALESS: u32 = 0o10000000000;
    #[constant]
    const SF_FIRMLINK: u32 = 0o40000000;
    #[constant]
    const SF_IMMUTABLE: u32 = 0o400000;
    #[constant]
    const SF_NOUNLINK: u32 = 0o4000000;
    #[constant]
    const SF_SETTABLE: u32 = 0o37777600000;
    #[constant]
    const SF_SNAPSHOT: u32 = 0o10000000;
    #[constant]
    const UF_APPEND: u32 = 0o4;
    #[constant]
    const UF_COMPRESSED: u32 = 0o40;
    #[constant]
    const UF_DATAVAULT: u32 = 0o200;
    #[constant]
    const UF_HIDDEN: u32 = 0o100000;
    #[constant]
    const UF_IMMUTABLE: u32 = 0o2;
    #[constant]
    const UF_NODUMP: u32 = 0o1;
    #[constant]
    const UF_NOUNLINK: u32 = 0o20;
    #[constant]
    const UF_OPAQUE: u32 = 0o10;
    #[constant]
    const UF_SETTABLE: u32 = 0o177777;
    #[constant]
    const UF_TRACKED: u32 = 0o100;

    #[function(
        "S_ISBLK(object, /)",
        doc = "S_ISBLK(mode) -> bool\n\nReturn True if mode is from a block special device file."
    )]
    fn s_isblk(mode: Mode) -> bool {
        mode.is(Stat::S_IFBLK)
    }

    #[function(
        "S_ISCHR(object, /)",
        doc = "S_ISCHR(mode) -> bool\n\nReturn True if mode is from a character special device file."
    )]
    fn s_ischr(mode: Mode) -> bool {
        mode.is(Stat::S_IFCHR)
    }

    #[function("S_ISDIR(object, /)", doc = "S_ISDIR(mode) -> bool\n\nReturn True if mode is from a directory.")]
    fn s_isdir(mode: Mode) -> bool {
        mode.is(Stat::S_IFDIR)
    }

    #[function("S_ISDOOR(object, /)", doc = "S_ISDOOR(mode) -> bool\n\nReturn True if mode is from a door.")]
    fn s_isdoor(_mode: Mode) -> bool {
        false
    }

    #[function(
        "S_ISFIFO(object, /)",
        doc = "S_ISFIFO(mode) -> bool\n\nReturn True if mode is from a FIFO (named pipe)."
    )]
    fn s_isfifo(mode: Mode) -> bool {
        mode.is(Stat::S_IFIFO)
    }

    #[function("S_ISLNK(object, /)", doc = "S_ISLNK(mode) -> bool\n\nReturn True if mode is from a symbolic link.")]
    fn s_islnk(mode: Mode) -> bool {
        mode.is(Stat::S_IFLNK)
    }

    #[function("S_ISPORT(object, /)", doc = "S_ISPORT(mode) -> bool\n\nReturn True if mode is from an event port.")]
    fn s_isport(_mode: Mode) -> bool {
        false
    }

    #[function("S_ISREG(object, /)", doc = "S_ISREG(mode) -> bool\n\nReturn True if mode is from a regular file.")]
    fn s_isreg(mode: Mode) -> bool {
        mode.is(Stat::S_IFREG)
    }

    #[function("S_ISSOCK(object, /)", doc = "S_ISSOCK(mode) -> bool\n\nReturn True if mode is from a socket.")]
    fn s_issock(mode: Mode) -> bool {
        mode.is(Stat::S_IFSOCK)
    }

    #[function("S_ISWHT(object, /)", doc = "S_ISWHT(mode) -> bool\n\nReturn True if mode is from a whiteout.")]
    fn s_iswht(_mode: Mode) -> bool {
        false
    }

    #[function("S_IMODE(object, /)", doc = "Return the portion of the file's mode that can be set by os.chmod().")]
    fn s_imode(mode: Mode) -> u32 {
        mode.0 & 0o7777
    }

    #[function("S_IFMT(object, /)", doc = "Return the portion of the file's mode that describes the file type.")]
    fn s_ifmt(mode: Mode) -> u32 {
        mode.0 & TYPE
    }

    #[function("filemode(object, /)", doc = "Convert a file's mode to a string of the form '-rwxrwxrwx'")]
    fn filemode(mode: Mode) -> String {
        let kind = match mode.0 & TYPE {
            Stat::S_IFREG => '-',
            Stat::S_IFDIR => 'd',
            Stat::S_IFLNK => 'l',
            Stat::S_IFBLK => 'b',
            Stat::S_IFCHR => 'c',
            Stat::S_IFIFO => 'p',
            Stat::S_IFSOCK => 's',
            _ => '?',
        };
        let mut text = String::from(kind);
        // The special bits show in place of the right to execute.
        let groups = [(6, Stat::S_ISUID, ["s", "S"]), (3, Stat::S_ISGID, ["s", "S"]), (0, Stat::S_ISVTX, ["t", "T"])];
        for (shift, special, letters) in groups {
            let rights = mode.0 >> shift;
            text.push(if rights & 4 != 0 { 'r' } else { '-' });
            text.push(if rights & 2 != 0 { 'w' } else { '-' });
            text.push_str(match (rights & 1 != 0, mode.0 & special != 0) {
                (true, true) => letters[0],
                (false, true) => letters[1],
                (true, false) => "x",
                (false, false) => "-",
            });
        }
        text
    }
}
