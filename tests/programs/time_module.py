import time

start = time.perf_counter()
time.sleep(0.01)
print(time.perf_counter() - start >= 0.01)
print(time.gmtime(0), time.strftime("%Y-%m-%d", time.gmtime(86400)), time.asctime(time.gmtime(0)))
print(time.mktime(time.localtime(1000)), time.get_clock_info("time").adjustable, time.struct_time(range(9)))
try:
    time.sleep(-1)
except ValueError as error:
    print(error)
