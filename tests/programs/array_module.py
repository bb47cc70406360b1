# array: all kinds of items, all methods, errors, pickling of other machines.
from array import array, _array_reconstructor as R, typecodes
import warnings, math; warnings.simplefilter('ignore')
def t(f,*a,**k):
    try: print(repr(f(*a,**k)),end=' | ')
    except BaseException as e: print(type(e).__name__+': '+str(e),end=' | ')
for c in 'bBhHiIlLqQfduw':
    print(); print(c,end=': ')
    for v in (-1,-129,128,255,256,-32769,32768,65535,65536,-2**31-1,2**31,2**32,2**63,2**64,-2**63-1,1.5,'a','ab','',None,1e300,True): t(array,c,[v])
print()
t(array);t(array,'x');t(array,3);t(array,'ab');t(array,'i','abc');t(array,'i',array('u','abc'));t(array,'i',b'12345'); t(array,'i',b'1234'); t(array,'i',3); t(array,'i',[1],2); t(array,'i',x=3); t(array,b'i');t(array,'u',[1]);t(array,'d',array('i',[1,2])); t(array,'B',memoryview(b'abc')); t(array,'u',array('w','abc')); t(array,'w',array('u','abc'));t(array, 'u', 'a\ud800')
def ev(s,a):
    return eval(s,{'array':array,'R':R,'a':a})
print()
for f in ('a[10]','a[-11]','a["x"]','a[1.5]','a[2**70]','a[::2]','a[5:2]','a+[1]','a+array("b")','a*2','2*a','a*1.5','a==3','a==array("d",range(10))','a<array("b",[1])','a.pop(100)','a.index(99)','a.index(3,5)','a.remove(99)','a.fromlist(3)','a.fromlist([1,"x"])','a.frombytes(b"abc")','a.frombytes("x")','a.fromunicode("x")','a.tounicode()','a.extend(3)','a.extend(array("b"))','a.extend(["x"])','a.__iadd__([1])','a.byteswap(1)','array("i").pop()','a.insert("x",1)','a.insert(1,"x")','a.count("x")','a.__class_getitem__(int)','hash(a)','a.__reduce_ex__(2)','a.__reduce_ex__(3)[1:]','a.typecode','a.itemsize','memoryview(a).format','memoryview(array("u")).format','memoryview(array("w")).format','a.fromfile(3,1)','a.__copy__()','a.__deepcopy__(1)','array("u","a\\n")','array("b")','a.__contains__(3)','a.foo','R(3,"i",1,b"")','R(int,"i",1,b"")','R(array,"x",1,b"")','R(array,"i",99,b"")','R(array,"i",-1,b"")','R(array,"i",1,"")','R(array,"i",2,b"abc")','R(array,"b",8,b"\\1\\0\\0\\0")','R(array,"i",9,b"\\0\\0\\0\\1")','R(array,"f",17,b"\\x3f\\xf0"+bytes(6))','R(array,"f",17,b"\\x3f\\xf0"+bytes(5))','R(array,"u",18,b"a\\0b\\0")','R(array,"u",18,b"a\\0b")','R(array,"L",10,b"\\xff"*8)','R(array,"i","x",b"")','a.frombytes(a)','a.index(3,-8,-2)','a.index(3,-2)','list(iter(a))','iter(a).__reduce__()[1:]','a>array("i",[1])','a>=a','a!=a','a.tobytes()','a.tolist()','memoryview(a).tolist()','bytes(a)','memoryview(a)[2:5].tolist()','array("d",[float("nan")])==array("d",[float("nan")])','sum(a)','max(a)','a in [a]'):
    print(f,end=' -> '); t(ev,f,array('i',range(10))); print()
for s in ('a[1]="x"','a[20]=1','a[1:3]=[1]','a[1:3]=array("b")','a[::2]=array("i",[1])','a["x"]=1','del a[99]','m=memoryview(a);a.append(1)','m=memoryview(a); a[1:2]=array("i",[5])','m=memoryview(a); a[1:2]=array("i",[5,6])','m=memoryview(a); del a[0]','m=memoryview(a);a.pop()','a[:]=a','a[2:4]=a','del a[::3]','del a[::-2]','a[::-1]=a','a*=2','a+=a','a.reverse()','a.byteswap()','a[3:3]=a','memoryview(a)[1]=77','a.insert(-100,5)','a.insert(100,5)','a.insert(3,5)','a.extend(range(3))'):
    print(s,end=' -> '); a=array('i',range(10)); t(exec,s,{'a':a,'array':array}); print(a)
class S(array): pass
s=S('i',[1]); s.x=1; print(s, s.__reduce_ex__(2)[1:], s[:1], s+s)
import copy; print(copy.copy(s), copy.deepcopy(array('d',[1,2])))
for c in typecodes:
    v='abc' if c in 'uw' else [1,2,3]
    a=array(c,v); print(a, a.itemsize, a.tobytes(), R(*a.__reduce_ex__(4)[1]), memoryview(a).itemsize, memoryview(a).nbytes)
    for code in range(22): t(R,array,c,code,b'abcdefgh\0\0\0\0\0\0\0\0'[:8]+bytes(8) if code<20 else b'a\0\0\0'*4)
    print()
