match x, *y:
    case 1 | -2.5 | 1 - 2j | "s" "t" | b"u" | None | True: pass
    case a.b.c | _: pass
    case [a, 1, *rest] | (b, *_) | (c): pass
    case [] | () | {}: pass
    case {"k": v, -1: w, a.b: z, None: q, **rest}: pass
    case C(1, a, b=2, c=[d],) as e if e > 1: pass
    case a, *b: pass
    case *_,: pass
match (x):
    case y: pass
match -x:
    case case: pass
match [a]:
    case match: pass
