//! The command line: what runs, what it is told, how it ends.

use std::io::Write;
use std::process::{Command, Stdio};

/// Runs kaa with arguments, variables and an input; gives its output, its errors and its code.
fn run(args: &[&str], variables: &[(&str, &str)], input: &str) -> (String, String, Option<i32>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kaa"));
    command.args(args).envs(variables.iter().copied());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("kaa can be run");
    // A program that does not read its input closes it: that is no error here.
    let _ = child.stdin.take().expect("a pipe").write_all(input.as_bytes());
    let output = child.wait_with_output().expect("kaa ends");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (text(output.stdout), text(output.stderr), output.status.code())
}

#[track_caller]
fn check(args: &[&str], expected: &str) {
    let (printed, errors, code) = run(args, &[], "");
    assert_eq!((printed.as_str(), code), (expected, Some(0)), "{errors}");
}

#[test]
fn command_texts_run() {
    check(&["-c", "import sys; print(__name__, sys.argv)", "a", "-b"], "__main__ ['-c', 'a', '-b']\n");
    check(&["-c", "  if 1:\n    print(1)\n  print(2)"], "1\n2\n");
    check(&["-OO", "-c", "assert 0\ndef f(): 'doc'\nprint(f.__doc__, __debug__)"], "None False\n");
}

#[test]
fn data_classes_do_without_signatures_until_asked() {
    let text = "import dataclasses, sys\n@dataclasses.dataclass\nclass C:\n    x: int\nsay = lambda: 'inspect' in sys.modules\n\
                print(say(), C.__doc__, say())";
    check(&["-c", text], "False C(x: int) True\n");
}

#[test]
fn what_compiling_a_large_source_takes_is_given_back() {
    let text = "import gc\n\
                def resident():\n    \
                    with open('/proc/self/status') as status:\n        \
                        return int(next(line for line in status if line.startswith('VmRSS')).split()[1])\n\
                before = resident()\n\
                compile('def f():\\n' + '    x = (a + b * c) if d else e[f]\\n' * 150_000, '', 'exec')\n\
                gc.collect()\n\
                print(resident() - before < 100_000)";
    check(&["-c", text], "True\n");
}

#[test]
fn parsers_do_without_colors_until_they_print() {
    let text = "import argparse, sys\np = argparse.ArgumentParser(prog='p')\np.add_argument('--x')\np.parse_args([])\n\
                say = lambda: [n for n in ('_colorize', 'locale', 'shutil') if n in sys.modules]\n\
                print(say(), p.format_usage(), say())";
    check(&["-c", text], "[] usage: p [-h] [--x X]\n ['_colorize']\n");
}

#[test]
fn documentation_must_be_encodable() {
    let text = "try: compile(r\"'x\\ud800\\udc01'\", '', 'exec')\nexcept UnicodeEncodeError as e: print(ascii(e.args))";
    check(&["-c", text], "('utf-8', 'x\\ud800\\udc01', 1, 3, 'surrogates not allowed')\n");
}

#[test]
fn standard_input_is_a_program() {
    let (printed, errors, code) = run(&["-", "a"], &[], "import sys\nprint(__file__, sys.argv)\n");
    assert_eq!((printed.as_str(), code), ("<stdin> ['-', 'a']\n", Some(0)), "{errors}");
}

#[test]
fn a_prompt_can_be_asked_for() {
    let input = "x = 1\nx + 1\ndef f():\n    return 5\n\nf()\n1 +\n1/0\nx\n";
    let (printed, errors, code) = run(&["-i", "-q"], &[], input);
    assert_eq!((printed.as_str(), code), ("2\n5\n1\n", Some(0)), "{errors}");
    assert!(errors.contains("SyntaxError: invalid syntax"), "{errors}");
    assert!(errors.contains("ZeroDivisionError: division by zero"), "{errors}");
    assert_eq!(run(&["-i", "-q"], &[], "raise SystemExit(3)\n").2, Some(3));
}

#[test]
fn exit_codes_are_the_program_s() {
    let code = |text: &str| run(&["-c", text], &[], "").2;
    assert_eq!(code("raise SystemExit"), Some(0));
    assert_eq!(code("raise SystemExit(7)"), Some(7));
    assert_eq!(code("raise SystemExit(257)"), Some(1));
    assert_eq!(code("raise SystemExit(True)"), Some(1));
    assert_eq!(code("1/0"), Some(1));
    let (printed, errors, code) = run(&["-c", "raise SystemExit('words')"], &[], "");
    assert_eq!((printed.as_str(), errors.as_str(), code), ("", "words\n", Some(1)));
}

#[test]
fn what_cannot_be_run_is_reported() {
    let (_, errors, code) = run(&["/no/such.py"], &[], "");
    assert_eq!(code, Some(2));
    assert!(errors.ends_with(": can't open file '/no/such.py': [Errno 2] No such file or directory\n"), "{errors}");
    let (_, errors, code) = run(&["-z"], &[], "");
    assert_eq!(code, Some(2));
    assert!(errors.starts_with("Unknown option: -z\nusage: "), "{errors}");
    let (_, errors, code) = run(&["-c", "1"], &[("PYTHONHASHSEED", "x")], "");
    assert_eq!(code, Some(1));
    assert!(errors.starts_with("Fatal Python error: config_init_hash_seed: PYTHONHASHSEED must be"), "{errors}");
}

#[test]
fn hashes_follow_the_seed() {
    let hash = |seed: &str| run(&["-c", "print(hash('text'))"], &[("PYTHONHASHSEED", seed)], "").0;
    assert_eq!(hash("1"), hash("1"));
    assert_ne!(hash("1"), hash("2"));
    assert_ne!(hash("random"), hash("random"));
}

#[test]
fn information_is_printed() {
    assert!(run(&["-V"], &[], "").0.starts_with("Python 3.14."));
    for (option, part) in
        [("-h", "-c cmd"), ("--help-env", "PYTHONPATH"), ("--help-xoptions", "-X gc"), ("--help-all", "KAA_GC")]
    {
        let (printed, _, code) = run(&[option], &[], "");
        assert!(printed.contains(part) && code == Some(0), "{printed}");
    }
}

#[test]
fn the_collector_has_switches() {
    let text = "print(sum([[i] for i in range(100)], []) == list(range(100)))";
    assert_eq!(run(&["-c", text], &[("KAA_GC", "stress=10,verify")], "").0, "True\n");
    assert_eq!(run(&["-X", "gc=nonsense", "-c", text], &[], "").2, Some(1));
}

#[test]
fn stages_of_the_compiler_are_shown() {
    let source = "def f(x):\n    return x\n";
    let (printed, errors, code) = run(&["show", "--stage=codegen", "-:f"], &[], source);
    assert_eq!(code, Some(0), "{errors}");
    assert!(printed.starts_with("f:\n        RESUME"), "{printed}");
    let colored = |variables: &[(&str, &str)]| run(&["show", "-"], variables, source).0.contains('\x1b');
    assert!(!colored(&[]) && colored(&[("FORCE_COLOR", "1")]));
    assert!(!colored(&[("FORCE_COLOR", "1"), ("NO_COLOR", "1")]));
    let (printed, errors, code) = run(&["show", "-"], &[], "x = = 1");
    let expected = "  File \"<stdin>\", line 1\n    x = = 1\n        ^\nSyntaxError: invalid syntax\n";
    assert_eq!((&*printed, &*errors, code), ("", expected, Some(1)));
    assert_eq!(run(&["show", "--stage=none", "-"], &[], "").2, Some(2));
    // A file of that name is another matter.
    assert!(run(&["./show"], &[], "").1.contains("can't open file"));
}

#[test]
fn files_of_the_library_have_paths() {
    let text = "import json, os, py_compile, sys, tempfile\n\
                folder = os.path.dirname(json.__file__)\n\
                print(sorted(os.listdir(folder)), open(os.__file__).readline().startswith('r\"\"\"OS routines'))\n\
                print(os.path.isdir(folder), os.path.isdir(sys.executable), os.path.exists(folder + '/none'))\n\
                print(os.path.relpath(folder, sys.executable), sys._stdlib_dir == os.path.dirname(os.__file__))\n\
                with tempfile.TemporaryDirectory() as there:\n\
                \x20   print(os.path.exists(py_compile.compile(json.__file__, there + '/json.pyc')))\n";
    check(
        &["-c", text],
        "['__init__.py', '__main__.py', 'decoder.py', 'encoder.py', 'scanner.py', 'tool.py'] True\n\
         True False False\nlib/python3.14/json True\nTrue\n",
    );
}
