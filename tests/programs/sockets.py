# _socket: addresses, options, sending and receiving, timeouts, names.
import array
import os
import socket
import threading


def error(function, *arguments, **keywords):
    try:
        return function(*arguments, **keywords)
    except Exception as exception:
        return f"{type(exception).__name__}: {exception}"


# Numbers and names.
print(socket.htons(1), socket.ntohl(socket.htonl(77)), error(socket.htons, 65536), error(socket.htonl, -1))
print(socket.inet_aton("1.2"), socket.inet_pton(socket.AF_INET6, "::1"), error(socket.inet_aton, "x"))
print(socket.inet_ntop(socket.AF_INET6, bytes(10) + b"\xff\xff\1\2\3\4"), error(socket.inet_ntop, 2, b"1"))
print(socket.getaddrinfo("127.0.0.1", 80, type=socket.SOCK_STREAM))
print(error(socket.getaddrinfo, "127.0.0.1", 80, 99), error(socket.getaddrinfo, 3, 80))
print(socket.gethostbyname("127.0.0.1"), socket.getnameinfo(("127.0.0.1", 80), 3), socket.gethostbyname(""))

# Pairs.
a, b = socket.socketpair()
a.sendall(b"abc")
print(b.recv(100), b.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE) == socket.SOCK_STREAM)
buffer = bytearray(5)
a.send(b"xyz")
print(b.recv_into(buffer, 2), buffer, b.recvfrom(10), error(b.recv, -1), error(b.recv_into, b"x"))
r, w = os.pipe()
a.sendmsg([b"with ", b"a descriptor"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [w]))])
data, controls, flags, address = b.recvmsg(100, socket.CMSG_LEN(4))
os.write(array.array("i", controls[0][2])[0], b"received")
print(data, controls[0][:2] == (socket.SOL_SOCKET, socket.SCM_RIGHTS), flags & ~socket.MSG_CMSG_CLOEXEC, address, os.read(r, 100))
a.sendmsg([b"123456"])
parts = [bytearray(2), bytearray(8)]
print(b.recvmsg_into(parts), parts)
b.settimeout(0.01)
print(b.gettimeout(), b.getblocking(), error(b.recv, 1), error(b.settimeout, -1))
b.setblocking(False)
print(error(b.recv, 1), error(b.settimeout, "x"))
a.close()
print(b.recv(1), a.fileno(), error(a.send, b""), error(a.getsockname))
b.close()

# IP.
with socket.create_server(("127.0.0.1", 0)) as server:

    def serve():
        connection, _ = server.accept()
        with connection, connection.makefile("rwb") as stream:
            for line in stream:
                stream.write(line.upper())
                stream.flush()

    thread = threading.Thread(target=serve)
    thread.start()
    with socket.create_connection(server.getsockname(), timeout=10) as client:
        print(client.getpeername() == server.getsockname(), client.family, client.type)
        client.sendall(b"one\ntwo\n")
        client.shutdown(socket.SHUT_WR)
        with client.makefile("rb") as stream:
            print(stream.read())
    thread.join()
for address in [("127.0.0.1",), 3, ("127.0.0.1", "x"), ("127.0.0.1", 65536), (3, 4), ("a\0", 0), ("::1", 0)]:
    with socket.socket() as s:
        print(error(s.bind, address))
with socket.socket() as s:
    print(error(s.connect, ("127.0.0.1", 1)), error(s.setsockopt, 1, 2), error(s.getsockopt, 1, 3, -1))
    print(error(s.sendto, b""), error(s.listen, "x"), s.detach() > 0, s)
with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
    print(repr(s.getsockname()), error(s.bind, "x" * 200), error(s.bind, 3))
    s.bind("")
    print(s.getsockname()[:1])
print(error(socket.socket, 99), error(socket.socket, fileno=-1), socket.gaierror.__mro__)
