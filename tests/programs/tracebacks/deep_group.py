e = ValueError("a")
for i in range(12):
    e = ExceptionGroup(f"g{i}", [e])
e.__notes__ = 5
raise e
