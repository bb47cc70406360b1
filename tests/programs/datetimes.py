"""Dates, times and zones: construction, arithmetic, texts, pickled states, error messages."""

import random
from _datetime import *


class TZ(tzinfo):
    def utcoffset(self, dt): return timedelta(hours=24)
    def tzname(self, dt): return 5
    def dst(self, dt): return 5
class TZ2(tzinfo): pass
for e in r'''
date()
date(1)
date(1,2,3,4)
date(0,1,1)
date(10000,1,1)
date(2020,13,1)
date(2020,2,30)
date(2020.5,1,1)
date('a',1,1)
date(2**40,1,1)
date(year=1,month=2,dy=3)
date(1,2,year=1)
date('12345')
date(b'1234')
date(b'\x07\xe4\x0d\x01')
date('\u1234\x07\x02\x01')
time(24)
time(1,60)
time(1,1,60)
time(1,1,1,1000000)
time(fold=2)
time(1,2,3,4,5)
time(1,2,3,4,None,1)
time(1,x=3)
time(b'\x01\x02\x03\x00\x00\x00', 5)
datetime(1)
datetime(1,1)
datetime(1,1,1,tzinfo=5)
datetime(1,1,1,0,0,0,0,None,1)
datetime(b'\x07\xe4\x01\x01\x01\x02\x03\x00\x00\x00', 5)
timedelta('a')
timedelta(days=None)
timedelta(days=10**10)
timedelta(days=10**20)
timedelta(days=1e20)
timedelta(days=float('nan'))
timedelta(days=float('inf'))
timedelta(1,2,3,4,5,6,7,8)
timedelta(x=3)
timedelta(1)/0
timedelta(1)//0
timedelta(1)/timedelta(0)
timedelta(1)//timedelta(0)
timedelta(1)%timedelta(0)
timedelta(1)*1e300
timedelta(1)*float('nan')
timedelta(1)/0.0
timedelta.max+timedelta(1)
timezone()
timezone(5)
timezone(timedelta(1))
timezone(timedelta(0),5)
timezone(timedelta(0),None)
timezone(timedelta(0),'a','b')
timezone.utc.utcoffset(5)
timezone.utc.tzname(5)
timezone.utc.dst(5)
timezone.utc.fromutc(5)
timezone.utc.fromutc(datetime(1,1,1))
tzinfo().utcoffset(None)
tzinfo().fromutc(5)
tzinfo().fromutc(datetime(1,1,1))
datetime(1,1,1,tzinfo=TZ()).utcoffset()
datetime(1,1,1,tzinfo=TZ()).tzname()
datetime(1,1,1,tzinfo=TZ()).dst()
time(1,1,1,tzinfo=TZ()).utcoffset()
datetime(1,1,1,tzinfo=TZ2()).dst()
date.fromordinal(0)
date.fromordinal(10**7)
date.fromordinal(1.5)
date.fromordinal(10**20)
date.fromisocalendar(0,1,1)
date.fromisocalendar(2020,54,1)
date.fromisocalendar(2020,1,8)
date.fromisocalendar(2020,1)
date.fromisocalendar(2020,1,10**20)
date.fromisocalendar(9999,53,7)
date.fromisoformat(5)
date.fromisoformat('abc')
date.fromisoformat('2020-13-01')
date.fromisoformat('2020-02-30')
time.fromisoformat('25:00')
time.fromisoformat('24:00')
time.fromisoformat('24:01')
datetime.fromisoformat('2020-01-01T24:00')
datetime.fromisoformat('2020-12-31T24:00')
datetime.fromisoformat('9999-12-31T24:00')
datetime.fromisoformat('2020-01-01T24:01')
datetime.fromisoformat('2020-01-01T24:00:00.000001')
datetime.fromisoformat('2020-01-01T25:00')
datetime.fromisoformat('2020-01-01T12:00+24:00')
datetime.fromisoformat('2020-01-01T12:00+05:60')
datetime.fromisoformat('2020-01-01T12:00\x00')
datetime.fromisoformat('2020-01-01T12:00:00.1234567+01:02:03.123')
datetime.fromisoformat('2020-01-01\ud80012:00:00,1')
datetime.fromisoformat('2020')
datetime.fromisoformat(None)
date.fromtimestamp('a')
date.fromtimestamp(1e30)
date.fromtimestamp(10**30)
date.fromtimestamp(10**15)
date.fromtimestamp(float('nan'))
date.fromtimestamp(None)
datetime.fromtimestamp(10**15)
datetime.fromtimestamp(10**30)
datetime.fromtimestamp(float('nan'))
datetime.fromtimestamp(float('inf'))
datetime.fromtimestamp('a')
datetime.fromtimestamp(1, 5)
datetime.fromtimestamp()
datetime.now(5)
datetime.now(1,2)
datetime.combine(1,2)
datetime.combine(date(1,1,1),2)
datetime.combine(date(1,1,1))
datetime.combine(date(1,1,1),time(1),tz=3)
datetime.combine(date(1,1,1),time(1),5)
datetime.strptime(1,2)
datetime.strptime('2020','%Y','x')
datetime.strptime('2020','%m')
date.strptime('2020-01-02','%Y-%m-%d')
time.strptime('10:11','%H:%M')
date.max+timedelta(1)
date.min-timedelta(1)
date.max+timedelta(100)
datetime.max+timedelta(1)
date.max-datetime.max
datetime.max-date.max
datetime.max+5
datetime.max-5
date.max<5
date.max<datetime.max
date.max==datetime.max
datetime.max<datetime.max.replace(tzinfo=UTC)
datetime.max-datetime.max.replace(tzinfo=UTC)
time(1)<time(1,tzinfo=UTC)
time(1)==time(1,tzinfo=UTC)
date.max.replace(1,2,3,4)
date.max.replace(year=0)
date.max.replace(foo=0)
date.max.__replace__(year=5)
date.max.__replace__(5)
time.max.replace(hour=25)
time.max.replace(tzinfo=25)
time.max.replace(1,2,3,4,None,5)
time.max.replace(fold=2)
datetime.max.replace(fold=2)
datetime.max.replace(foo=2)
datetime.max.replace(year='x')
datetime.max.replace(1,2,3,4,5,6,7,8,9)
datetime.max.isoformat('ab')
datetime.max.isoformat(5)
datetime.max.isoformat(timespec='foo')
datetime.max.isoformat(' ','foo', 5)
datetime.max.isoformat(timespec=5)
datetime.max.isoformat(timespec='foo\0')
datetime.max.isoformat('\ud800', timespec='milliseconds')
datetime.max.isoformat('\u1234')
time.max.isoformat(5)
time.max.isoformat('foo')
time.max.isoformat('hours', 5)
time.max.isoformat(x=5)
datetime.max.strftime(5)
datetime.max.strftime()
datetime.max.strftime(fmt='')
datetime.max.strftime('%Y %y %G %C %F %f %z %:z %Z %% %')
datetime.min.strftime('%Y %y %G %C %F %f %z %:z %Z %% %')
datetime.min.strftime('%Y\0%y\ud800 \u1234 %\u1234')
datetime.min.strftime('%4Y %04Y %-d %_d %+ %N %Q')
datetime.min.replace(tzinfo=UTC).strftime('%z %:z %Z %::z %:')
time(1,2,3).strftime('%Y %H %f %j')
time(1,2,3).strftime(5)
format(date.max, 5)
date.max.__format__(5)
date.max.__format__()
format(date.max, '')
format(date.max, '%Y')
datetime.max.astimezone(5)
datetime.max.astimezone(UTC)
datetime.min.astimezone(UTC)
datetime.max.timestamp()
datetime.min.timestamp()
datetime.max.__reduce_ex__('a')
datetime.max.__reduce_ex__(4)
datetime.max.replace(fold=1).__reduce_ex__(4)
datetime.max.replace(fold=1).__reduce_ex__(3)
datetime.max.replace(fold=1).__reduce__()
time(1,fold=1,tzinfo=UTC).__reduce_ex__(4)
time(1,fold=1,tzinfo=UTC).__reduce_ex__(3)
repr(datetime(1,1,1,fold=1,tzinfo=UTC))
repr(time(1,fold=1,tzinfo=timezone(timedelta(hours=1),'x')))
date.max.__reduce__()
timedelta(1,2,3).__reduce__()
timezone.utc.__reduce__()
timezone(timedelta(1,-1)).__reduce__()
timezone.utc.__getinitargs__()
tzinfo().__reduce__()
TZ().__reduce__()
date.max.isocalendar()
date.max.isocalendar().__reduce__()
type(date.max.isocalendar())(1,2,3)
type(date.max.isocalendar())(1,2)
type(date.max.isocalendar())(1,2,'x')
type(date.max.isocalendar())(year=1,week=2,weekday=5)
date.max.year.__class__
setattr(date.max,'year',5)
setattr(timedelta(1),'days',5)
delattr(timedelta(1),'days')
date.max.foo
setattr(date.max,'foo',5)
date.foo
setattr(date,'foo',5)
timedelta.days
date.year
date.today(5)
datetime.utcnow(5)
type('X',(timezone,),{})
timedelta(1)<5
timedelta(1)+5
timedelta(1)*'a'
timedelta(1)*None
'a'*timedelta(1)
timedelta(1)/'a'
timedelta(1)//1.5
timedelta(1)%5
divmod(timedelta(1),5)
divmod(timedelta(5),timedelta(2))
5//timedelta(1)
5-timedelta(1)
5*timedelta(1)
1.5*timedelta(1)
True*timedelta(1)
timedelta(True)
timedelta(1.5)
timedelta(microseconds=0.5)
timedelta(microseconds=1.5)
timedelta(microseconds=2.5,seconds=1e-7)
abs(timedelta(-1,5))
+timedelta(-1,5)
-timedelta(-1,5)
str(timedelta(-1,5))
str(timedelta(10,5,7))
repr(timedelta(0))
repr(timedelta(0,1,2))
bool(timedelta(0))
str(timezone(timedelta(0,-1)))
str(timezone(timedelta(0,-1,1)))
str(timezone(timedelta(0,3600)))
repr(timezone(timedelta(0)))
repr(timezone(timedelta(0),'UTC'))
timezone(timedelta(0)) is UTC
timezone(timedelta(0),'x')==UTC
UTC<UTC
timezone.min
timezone.max
datetime.max.ctime()
date.min.ctime()
str(datetime(1,1,1))
str(time(1,2,3,4))
str(date(1,2,3))
datetime(2020,1,1).timetuple()
datetime(2020,1,1,tzinfo=UTC).utctimetuple()
datetime.min.replace(tzinfo=timezone(timedelta(hours=1))).utctimetuple()
date(2020,1,1).timetuple()
date.__doc__
date.__module__, date.__qualname__
timedelta.resolution, date.resolution, time.resolution, datetime.resolution
timedelta.min, timedelta.max
time(1,tzinfo=UTC)
[hash(x)==hash(y) for x,y in [(timedelta(0),timedelta(0)),(datetime(2020,1,1,tzinfo=UTC),datetime(2020,1,1,1,tzinfo=timezone(timedelta(hours=1))))]]
hash(timedelta(3,4,5))
hash(timezone.utc)
hash(datetime(2020,1,1,tzinfo=UTC))
hash(time(3,tzinfo=UTC))
'''.strip().splitlines():
    try:
        r = eval(e)
        print(e.encode('ascii','backslashreplace').decode(), '->', repr(r).encode('ascii','backslashreplace').decode() if 'CAPI' not in e else '')
    except BaseException as x:
        print(e.encode('ascii','backslashreplace').decode(), '!!', type(x).__name__, str(x).encode('ascii','backslashreplace').decode())


# Every operation over many pairs, as one number.
def digest():
    generator = random.Random(5)
    total = 0
    for _ in range(1500):
        span = timedelta(
            generator.randrange(-400, 400), generator.randrange(-100000, 100000), generator.randrange(-(10**7), 10**7)
        )
        moment = datetime(2000, 1, 1, tzinfo=timezone(timedelta(minutes=generator.randrange(-1439, 1440)))) + span
        day = moment.date()
        parts = [
            moment.isoformat(),
            str(moment - datetime(1999, 12, 31, 3, tzinfo=UTC)),
            moment.astimezone(UTC).strftime("%Y %j %H:%M:%S.%f %z"),
            repr(datetime.fromisoformat(moment.isoformat()) == moment),
            repr(day.isocalendar()),
            repr(span * 3 // 7),
            repr(span / 1.5),
            repr(divmod(span, timedelta(hours=7))),
            repr(hash(span)),
        ]
        for char in "|".join(parts):
            total = (total * 31 + ord(char)) % (2**61 - 1)
    return total


print(digest())
