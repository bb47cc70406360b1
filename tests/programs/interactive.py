# Prompts on a terminal, and the plain prompt without one.
import os
import pty
import re
import select
import subprocess
import sys
import tempfile

folder = tempfile.mkdtemp()
with open(os.path.join(folder, "startup.py"), "w") as file:
    file.write("print('startup of', __name__)\nx = 5\n")
with open(os.path.join(folder, "program.py"), "w") as file:
    file.write("y = 7\nprint('program')\n")
os.chdir(folder)


def session(name, arguments, steps, **variables):
    """Types each text of the steps when what the pattern beside it says was shown."""
    environment = dict(os.environ, TERM="xterm", PYTHON_HISTORY=os.path.join(folder, name), **variables)
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(sys.executable, [sys.executable, *arguments], environment)
    shown = seen = b""
    for wanted, text in steps:
        while not re.search(wanted, seen, re.DOTALL):
            if not select.select([terminal], [], [], 60)[0]:
                print("waited for", wanted, "in vain:", shown)
                os.close(terminal)
                os.waitpid(pid, 0)
                return
            part = os.read(terminal, 4096)
            shown += part
            seen += part
        seen = b""
        os.write(terminal, text)
    while True:
        try:
            part = os.read(terminal, 4096)
        except OSError:
            break
        if not part:
            break
        shown += part
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    text = re.sub(r"\x1b(\[[0-9;?]*[a-zA-Z]|[=>])", "", shown.decode())
    lines = [line.rstrip("\r").split("\r")[-1] for line in text.split("\n")]
    # Prompts are drawn again with each key.
    lines = [re.split(r">>> |\.\.\. ", line)[-1] for line in lines if "Python 3" not in line]
    print("==", name, status)
    print("\n".join(lines).rstrip())
    if os.path.exists(environment["PYTHON_HISTORY"]) and "PYTHON_BASIC_REPL" not in variables:
        with open(environment["PYTHON_HISTORY"]) as file:
            print("history:", file.read().split("\n"))


# A new prompt begins with the sequence that asks for pasted text to be marked.
ready, plain, more, end = rb"\?2004h.*>>> ", rb">>> $", rb"\.\.\. ", b"\x04"
session("values", ["-q"], [(ready, b"1+1\r"), (ready, b"_ * 5\r"), (ready, end)])
session("block", ["-q"], [(ready, b"def f(x):\r"), (more, b"return x * 21\r"), (more, b"\r"), (ready, b"f(2)\r"), (ready, end)])
session("errors", ["-q"], [(ready, b"1/0\r"), (ready, b"def f(:\r"), (ready, b"raise SystemExit(3)\r")])
session("keys", ["-q"], [(ready, b"'ab\x7fc'\r"), (ready, b"\x1bOA\r"), (ready, end)])
session("interrupt", ["-q"], [(ready, b"abc\x03"), (ready, b"'next'\r"), (ready, end)])
session("quit", ["-q"], [(ready, b"quit(4)\r")])
session("startup", ["-q"], [(ready, b"x\r"), (ready, end)], PYTHONSTARTUP="startup.py")
session("inspect", ["-i", "program.py"], [(ready, b"y\r"), (ready, end)])
session("inspect-error", ["-i", "-c", "1/0"], [(ready, b"import sys; sys.last_exc\r"), (ready, end)])
session("prompt", ["-q"], [(ready, b"import sys; sys.ps1 = 'other >>> '\r"), (ready, b"3 * 3\r"), (ready, end)])
session("basic", ["-q"], [(plain, b"if 1:\n"), (more, b"  'in'\n"), (more, b"\n"), (plain, b"1/0\n"), (plain, end)], PYTHON_BASIC_REPL="1")

print("== without a terminal")
source = "if 1:\n  print(2)\nelse:\n  3\n\nx = [1,\n2]\nx\n1/0\n@\nfor i in range(2):\n  i\n\n'''a\n\nb'''\n"
run = subprocess.run([sys.executable, "-i", "-q"], input=source, capture_output=True, text=True)
print(run.returncode, run.stdout, run.stderr, sep="\n")
run = subprocess.run([sys.executable, "-i", "-c", "z = 3"], input="z\nraise SystemExit(6)\n", capture_output=True, text=True)
print(run.returncode, run.stdout, run.stderr, sep="\n")
run = subprocess.run([sys.executable], input="print(__name__)\n1 + 1\n", capture_output=True, text=True)
print(run.returncode, run.stdout, run.stderr, sep="\n")
