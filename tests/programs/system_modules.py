# select, fcntl, pwd, grp, termios, posix_spawn and subprocess.
import fcntl
import grp
import os
import pwd
import select
import subprocess
import sys
import termios


def error(function, *arguments, **keywords):
    try:
        return function(*arguments, **keywords)
    except Exception as exception:
        return f"{type(exception).__name__}: {exception}"


# Waiting for descriptors.
r, w = os.pipe()
print(select.select([r], [w], [], 0) == ([], [w], []))
os.write(w, b"x")
print(select.select([r], [], [], 1) == ([r], [], []))
poll = select.poll()
poll.register(r, select.POLLIN)
poll.register(w, select.POLLOUT)
print(poll.poll(10) == [(r, select.POLLIN), (w, select.POLLOUT)])
poll.unregister(w)
print(error(poll.unregister, w) == f"KeyError: {w}", error(poll.modify, w, 0))
with select.epoll() as epoll:
    epoll.register(r, select.EPOLLIN)
    print(epoll.poll(1) == [(r, select.EPOLLIN)], epoll.closed)
print(epoll.closed, error(epoll.poll))
for arguments in [([], [], [], -1), ([], [], [], "x"), (3, [], []), ([-1], [], []), ([1 << 40], [], [])]:
    print(error(select.select, *arguments))

# Control of descriptors.
flags = fcntl.fcntl(r, fcntl.F_GETFL)
fcntl.fcntl(r, fcntl.F_SETFL, flags | os.O_NONBLOCK)
print(os.get_blocking(r), error(fcntl.fcntl, r, 1, 1.5), error(fcntl.fcntl, r, 1, b"x" * 2000))
print(error(fcntl.ioctl, r, termios.TIOCGWINSZ, b"12345678"))

# Accounts.
print(pwd.getpwuid(0).pw_name, pwd.getpwnam("root")[2:4], grp.getgrgid(0).gr_name)
print(error(pwd.getpwnam, "nobody of this name"), error(grp.getgrgid, 1.5))

# Terminals.
master, slave = os.openpty()
settings = termios.tcgetattr(slave)
settings[3] &= ~termios.ECHO
termios.tcsetattr(slave, termios.TCSANOW, settings)
print(termios.tcgetattr(slave)[3] & termios.ECHO, len(settings[6]))
termios.tcsetwinsize(slave, (11, 22))
print(termios.tcgetwinsize(slave), error(termios.tcgetattr, r), termios.error.__mro__)

# Processes.
pid = os.posix_spawn("/bin/sh", ["sh", "-c", "exit 5"], {"A": "B"})
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
actions = [(os.POSIX_SPAWN_DUP2, w, 1)]
pid = os.posix_spawn("/bin/echo", ["echo", "spawned"], {}, file_actions=actions)
os.waitpid(pid, 0)
print(os.read(r, 100))
print(error(os.posix_spawn, "/no/such/program", ["x"], {}), os.sched_getparam(0))
print(subprocess.run(["cat"], input=b"through a pipe", capture_output=True).stdout)
print(subprocess.run("echo $A; echo problem >&2; exit 3", shell=True, env={"A": "B"}, capture_output=True, text=True))
print(error(subprocess.run, ["/no/such/program"]), error(subprocess.run, ["true"], cwd="/no/such/directory"))
print(error(subprocess.check_call, ["false"]), error(subprocess.run, ["sleep", "10"], timeout=0.05))
print(subprocess.run(["sh", "-c", "pwd"], cwd="/", stdout=subprocess.PIPE, preexec_fn=lambda: os.chdir("/usr")).stdout)
with subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True) as process:
    print(process.communicate(b"twice" * 100000)[0] == b"twice" * 100000)
print(process.returncode)
