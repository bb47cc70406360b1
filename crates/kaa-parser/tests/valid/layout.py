if a:
    b = (1,
  # comment
2)

    c = [
] if d else \
        e
if a:
        b
class é: ﬁ = 1
x = 1 # end
