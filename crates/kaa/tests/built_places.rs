//! Where executables run: in folders with odd names, in an empty root folder, without `/proc`, on
//! disks that cannot be written. They open no file of their own accord.

mod common;

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::process::{Command, Output, Stdio};

use common::alone::{Alone, Around};
use common::executables::*;
use kaa_image::File;

const WITH_PROCESSES: Around = Around { processes: true, read_only: false };
const NOTHING: Around = Around { processes: false, read_only: false };

/// Starts all kinds of processes, and says what it knows of itself.
const PROCESSES: &str = "\
import multiprocessing, os, sys
def work(queue, number):
    queue.put((number * 2, __name__))
if __name__ == '__main__':
    root = os.path.dirname(__file__)
    print(ascii(sys.executable), root == sys.executable, open(root + '/data/\u{fc}.txt').read())
    for method in sys.argv[1:]:
        context = multiprocessing.get_context(method)
        queue = context.Queue()
        process = context.Process(target=work, args=(queue, 21))
        process.start()
        print(method, queue.get(timeout=60))
        process.join(60)
        print(process.exitcode)
";

const METHODS: [&str; 3] = ["fork", "spawn", "forkserver"];
const STARTED: &str = "fork (42, '__main__')\n0\nspawn (42, '__mp_main__')\n0\nforkserver (42, '__mp_main__')\n0\n";

/// An executable of [`PROCESSES`].
fn processes() -> Vec<u8> {
    let mut plan = plan(&[("app.py", PROCESSES)]);
    plan.files = vec![File { path: "data/ü.txt".into(), data: b"data".to_vec(), from_library: false }];
    build(&plan)
}

#[test]
fn a_program_runs_wherever_its_file_is() {
    let folder = Folder::new();
    let file = build(&hello());
    let path = folder.add("tool", &file);
    assert_eq!(out(&run(&path, &[])), "hello\n");
    let strange = folder.add("a folder/süß 試し", &file);
    assert_eq!(out(&run(&strange, &[])), "hello\n");
    symlink(&path, folder.0.join("link")).unwrap();
    assert_eq!(out(&run(&folder.0.join("link"), &[])), "hello\n");
    // By a name without a folder, found in PATH.
    let by_name = Command::new("/bin/sh").args(["-c", "exec tool"]).env("PATH", &folder.0).output().unwrap();
    assert_eq!(out(&by_name), "hello\n");
    // What starts it may say anything of its name.
    let renamed = std::os::unix::process::CommandExt::arg0(&mut Command::new(&path), "").output().unwrap();
    assert_eq!(out(&renamed), "hello\n");
}

#[test]
fn names_of_folders_may_be_any_bytes() {
    let folder = Folder::new();
    let file = processes();
    let bytes = folder.0.join(OsStr::from_bytes(b"f\xff \xe3\x81")).join(OsStr::from_bytes("tool\n\u{fc}".as_bytes()));
    for (path, shown) in
        [(folder.0.join("a b/süß 試し"), r"a b/s\xfc\xdf \u8a66\u3057"), (bytes, r"f\udcff \udce3\udc81/tool\n\xfc")]
    {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::rename(folder.add("tool", &file), &path).unwrap();
        let expected = format!("'{}/{shown}' True data\n{STARTED}", folder.0.display());
        assert_eq!(out(&run(&path, &METHODS)), expected);
    }
}

#[test]
fn the_command_itself_may_be_anywhere_too() {
    let folder = Folder::new();
    let place = folder.0.join(OsStr::from_bytes(b"f\xff"));
    std::fs::create_dir(&place).unwrap();
    std::fs::hard_link(env!("CARGO_BIN_EXE_kaa"), place.join("kaa"))
        .or_else(|_| std::fs::copy(env!("CARGO_BIN_EXE_kaa"), place.join("kaa")).map(drop))
        .unwrap();
    std::fs::write(
        place.join("app.py"),
        "import json, sys\nprint(ascii(sys.executable), ascii(json.__file__))\njson.loads('{')\n",
    )
    .unwrap();
    let output = Command::new(place.join("kaa")).arg(place.join("app.py")).output().unwrap();
    let root = format!(r"{}/f\udcff", folder.0.display());
    let printed = String::from_utf8(output.stdout.clone()).unwrap();
    assert_eq!(printed, format!("'{root}/kaa' '{root}/kaa/lib/python3.14/json/__init__.py'\n"));
    // The lines of the program and those of the library are found.
    assert!(
        err(&output).contains(&format!("  File \"{root}/app.py\", line 3, in <module>\n    json.loads('{{')\n")),
        "{output:?}"
    );
    assert!(err(&output).contains("    return _default_decoder.decode(s)\n"), "{output:?}");
}

#[test]
fn little_is_needed_of_the_process() {
    let folder = Folder::new();
    let source = "import os, sys\nprint([stream and stream.fileno() for stream in (sys.stdin, sys.stdout, sys.stderr)])\nprint(os.path.expanduser('~') != '')\nopen(os.devnull).close()\n";
    let path = folder.add("tool", &build(&plan(&[("app.py", source)])));
    let shell =
        |script: &str| Command::new("/bin/sh").args(["-c", script, "sh"]).arg(&path).env_clear().output().unwrap();
    assert_eq!(out(&shell("exec \"$1\"")), "[0, 1, 2]\nTrue\n");
    assert_eq!(out(&shell("exec \"$1\" <&-")), "[None, 1, 2]\nTrue\n");
    assert_eq!(out(&shell("exec \"$1\" 2>&-")), "[0, 1, None]\nTrue\n");
    assert_eq!(out(&shell("exec \"$1\" >&-")), "");
    assert_eq!(out(&shell("exec \"$1\" <&- >&- 2>&-")), "");
    // A folder that is gone.
    assert_eq!(out(&shell("mkdir -p \"$1.d\"; cd \"$1.d\"; rmdir \"$1.d\"; exec \"$1\"")), "[0, 1, 2]\nTrue\n");
    // Nothing of the user's environment counts.
    let output =
        Command::new(&path).env("HOME", "/nonexistent").env("LC_ALL", "xx_YY.odd").stdin(Stdio::null()).output();
    assert_eq!(out(&output.unwrap()), "[0, 1, 2]\nTrue\n");
}

#[test]
fn text_is_utf_8_without_a_locale() {
    let folder = Folder::new();
    let source = "import io, locale, pathlib, sys\n\
                  path = pathlib.Path(sys.argv[1])\n\
                  path.write_text('ü')\n\
                  print(path.read_bytes(), open(path).encoding, sys.stdout.encoding, sys.stdin.errors)\n";
    let path = folder.add("tool", &build(&plan(&[("app.py", source)])));
    let text = folder.0.join("text");
    for (variables, expected) in [
        (vec![], r"b'\xc3\xbc' utf-8 utf-8 surrogateescape"),
        (vec![("LANG", "C.UTF-8")], r"b'\xc3\xbc' UTF-8 utf-8 surrogateescape"),
        (vec![("LANG", "xx_YY.UTF-8")], r"b'\xc3\xbc' UTF-8 utf-8 strict"),
        (vec![("LANG", "xx_YY")], r"b'\xc3\xbc' utf-8 utf-8 surrogateescape"),
        (vec![("LC_ALL", "C"), ("LANG", "xx_YY")], r"b'\xc3\xbc' utf-8 utf-8 surrogateescape"),
    ] {
        let output = Command::new(&path).arg(&text).env_clear().envs(variables.clone()).output().unwrap();
        assert_eq!(out(&output), format!("{expected}\n"), "{variables:?}");
    }
}

#[test]
fn nothing_else_is_needed() {
    let app = "\
import argparse, dataclasses, json, os, re, sys, threading
@dataclasses.dataclass
class Point:
    x: int
print(json.dumps(dataclasses.asdict(Point(3))), re.sub('a', 'b', 'banana'), os.listdir('/writable'), sys.executable)
thread = threading.Thread(target=print, args=('thread',))
thread.start()
thread.join()
junk = [[] for _ in range(200000)]
print(len(junk), open(os.path.dirname(__file__) + '/data.txt').read())
";
    let Some(alone) = Alone::new() else { return };
    let mut plan = plan(&[("app.py", app)]);
    plan.files = vec![File { path: "data.txt".into(), data: b"data".to_vec(), from_library: false }];
    alone.folder.add("tool", &build(&plan));
    let expected = "{\"x\": 3} bbnbnb [] /tool\nthread\n200000 data\n";
    for around in [NOTHING, WITH_PROCESSES, Around { processes: false, read_only: true }] {
        assert_eq!(out(&alone.command("/tool", around).output().unwrap()), expected);
    }
}

#[test]
fn processes_are_started_in_an_empty_root() {
    let Some(alone) = Alone::new() else { return };
    alone.folder.add("tool", &processes());
    // Locks that processes share are files there to the C library.
    let output = alone.command("/tool", WITH_PROCESSES).arg("fork").output().unwrap();
    assert!(err(&output).ends_with("FileNotFoundError: [Errno 2] No such file or directory\n"), "{output:?}");
    for folder in ["dev/shm", "tmp"] {
        std::fs::create_dir_all(alone.path(folder)).unwrap();
    }
    for around in [NOTHING, WITH_PROCESSES] {
        let output = alone.command("/tool", around).args(METHODS).output().unwrap();
        assert_eq!(out(&output), format!("'/tool' True data\n{STARTED}"));
    }
}

/// Builds a program of a folder of sources as `tool`, and puts it into an empty root.
fn build_into(alone: &Alone, files: &[(&str, &str)], args: &[&str]) {
    let folder = Folder::new();
    for (name, text) in files {
        let path = folder.0.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let mut kaa = Command::new(env!("CARGO_BIN_EXE_kaa"));
    let kaa = kaa.args(["build", "-q", "-o"]).arg(alone.path("tool")).args(args).current_dir(&folder.0);
    let output = kaa.env_remove("VIRTUAL_ENV").output().unwrap();
    assert!(output.status.success(), "{}", err(&output));
}

/// Runs the tool of an empty root; checks what it prints and which files it opened or changed.
#[track_caller]
fn check(alone: &Alone, args: &[&str], expected: &str, calls: &[&str]) {
    let output: Output = alone.command("/tool", WITH_PROCESSES).args(args).output().unwrap();
    assert_eq!(out(&output), expected, "{output:?}");
    if let Some(found) = alone.calls("/tool") {
        assert_eq!(found, calls);
    }
}

#[test]
fn a_start_opens_and_writes_nothing() {
    let Some(alone) = Alone::new() else { return };
    alone.folder.add("tool", &build(&hello()));
    check(&alone, &[], "hello\n", &[]);
}

/// What the C library opens when it is first asked for the local time.
const TIME_ZONE: &str = "openat /etc/localtime";

#[test]
fn a_tool_opens_what_it_is_told_to() {
    let Some(alone) = Alone::new() else { return };
    let source = "\
'''Counts words.'''
import argparse, collections, dataclasses, json, locale, pathlib, re
@dataclasses.dataclass
class Count:
    word: str
    times: int
parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument('file', type=pathlib.Path)
parser.add_argument('-o', '--output', type=pathlib.Path)
args = parser.parse_args()
words = collections.Counter(re.findall(r'\\w+', args.file.read_text())).most_common(1)
text = json.dumps([dataclasses.asdict(Count(*pair)) for pair in words], ensure_ascii=False)
args.output.write_text(text) if args.output else print(text)
";
    build_into(&alone, &[("tool.py", source)], &["tool.py"]);
    std::fs::write(alone.path("writable/in"), "ü a ü").unwrap();
    let expected = "[{\"word\": \"ü\", \"times\": 2}]";
    check(&alone, &["/writable/in"], &format!("{expected}\n"), &["openat /writable/in"]);
    let args = ["/writable/in", "--output", "/writable/out"];
    check(&alone, &args, "", &["openat /writable/in", "openat /writable/out"]);
    assert_eq!(std::fs::read_to_string(alone.path("writable/out")).unwrap(), expected);
}

#[test]
fn a_package_reads_its_data() {
    let Some(alone) = Alone::new() else { return };
    let main = "\
import csv, importlib.resources, io, pkgutil, string
from . import files
table = list(csv.reader(io.StringIO(files.joinpath('data', 'table.csv').read_text())))
page = string.Template(pkgutil.get_data(__package__, 'data/page.txt').decode())
print(page.substitute(rows=len(table), first=table[0][0]), [entry.name for entry in files.joinpath('data').iterdir()])
";
    let files = [
        ("pkg/__init__.py", "import importlib.resources\nfiles = importlib.resources.files(__name__)\n"),
        ("pkg/__main__.py", main),
        ("pkg/data/table.csv", "ä,b\n1,2\n"),
        ("pkg/data/page.txt", "rows: $rows, first: $first"),
    ];
    build_into(&alone, &files, &["pkg"]);
    check(&alone, &[], "rows: 2, first: ä ['page.txt', 'table.csv']\n", &[TIME_ZONE]);
}

#[test]
fn services_open_nothing() {
    let Some(alone) = Alone::new() else { return };
    let service = "\
import asyncio, os, signal
async def handle(reader, writer):
    writer.write((await reader.readline()).upper())
    await writer.drain()
    writer.close()
async def ask(port, number):
    reader, writer = await asyncio.open_connection('127.0.0.1', port)
    writer.write(b'hello %d\\n' % number)
    answer = await reader.readline()
    writer.close()
    return answer.decode().strip()
async def main():
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with await asyncio.start_server(handle, '127.0.0.1', 0) as server:
        port = server.sockets[0].getsockname()[1]
        print(await asyncio.gather(*[ask(port, number) for number in range(3)]), await asyncio.to_thread(sum, [1, 2]))
    os.kill(os.getpid(), signal.SIGTERM)
    await stop.wait()
    print('stopped')
asyncio.run(main())
";
    build_into(&alone, &[("service.py", service)], &["service.py"]);
    check(&alone, &[], "['HELLO 0', 'HELLO 1', 'HELLO 2'] 3\nstopped\n", &[TIME_ZONE]);
}

#[test]
fn a_server_answers() {
    let Some(alone) = Alone::new() else { return };
    let server = "\
import http.server, json, socket, threading
class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        numbers = json.loads(self.rfile.read(int(self.headers['Content-Length'])))
        body = json.dumps({'path': self.path, 'total': sum(numbers)}).encode()
        self.send_response(200)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args):
        pass
# No name is looked up: not that of the machine either.
class Server(http.server.ThreadingHTTPServer):
    def server_bind(self):
        http.server.socketserver.TCPServer.server_bind(self)
server = Server(('127.0.0.1', 0), Handler)
threading.Thread(target=server.serve_forever).start()
with socket.create_connection(server.server_address) as connection:
    connection.sendall(b'POST /sum HTTP/1.0\\r\\nContent-Length: 9\\r\\n\\r\\n[1, 2, 3]')
    print(connection.makefile('rb').read().rpartition(b'\\r\\n')[2].decode())
server.shutdown()
";
    build_into(&alone, &[("server.py", server)], &["server.py"]);
    let files = ["/etc/hosts", "/etc/host.conf", "/etc/resolv.conf", "/etc/nsswitch.conf"];
    let output = alone.command("/tool", WITH_PROCESSES).output().unwrap();
    assert_eq!(out(&output), "{\"path\": \"/sum\", \"total\": 6}\n", "{output:?}");
    if let Some(mut found) = alone.calls("/tool") {
        // Numbers of addresses, too, go through the C library's search for hosts.
        found.retain(|call| !files.iter().any(|file| call.ends_with(file)));
        assert_eq!(found, [TIME_ZONE]);
    }
}
