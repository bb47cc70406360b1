"a" 'b' """c
d""" r"\e" u"f"
b"a" B'b\x41\n' rb"\d"
"\x41\u20ac\U0001f40d\N{EURO SIGN}\101\
"
f"a{b!r:>{w}.{p}}c{d=}{e = !s:x}{{}}"
f"{x:{y:{z}}}" "t" f"{1}{2}" ""
f"""{
    a  # comment
    + b
!r}"""
rf"\{a}\d{b:\d}"
f"{'a' "b" f'{c}'}{lambda_}{(lambda: 1)}{a != b}{c:=5}"
t"a{b}c{d!r:{e}}{ f = }" rt"{g}\h"
f"\N{EURO SIGN}{a}"
"\ud800"
