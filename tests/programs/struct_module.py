"""_struct: every kind of field, every message."""
import _struct, _struct as struct
def t(s):
    try: r=repr(eval(s,globals())).split(' at 0x')[0]
    except Exception as e: r=type(e).__name__+': '+str(e)
    print(s,'->',r)
for order in ('@','>'):
    for c in 'xcbB?hHiIlLqQnNPefdFDspz':
        print(order+c, end=' ')
        t('struct.calcsize(%r)'%(order+c))
        for v in ['1','-1','255','256','2**16','2**31','2**32','2**63','2**64','1.5','None',"b'a'","b'ab'","'a'",'1j','1e300','True','float("inf")',"bytearray(b'x')"]:
            t('struct.pack(%r,%s)'%(order+c,v))
for s in '''struct.pack()
struct.pack(1)
struct.pack('i')
struct.pack('2i',1)
struct.pack('i',1,2)
struct.pack('5')
struct.pack('i 5')
struct.pack('y',1)
struct.pack('\\xe9',1)
struct.pack(b'i',1)
struct.pack(bytearray(b'i'),1)
struct.pack('i',1,x=1)
struct.calcsize('9999999999999999999i')
struct.calcsize('4611686018427387904i')
struct.calcsize('4611686018427387903i')
struct.calcsize('9223372036854775807s1s')
struct.calcsize('bi')
struct.calcsize('=bi')
struct.calcsize('ib')
struct.calcsize('ib0i')
struct.calcsize('b0q')
struct.calcsize(' 2 i')
struct.calcsize('2 i')
struct.calcsize('i i')
struct.calcsize('i\\ti\\n')
struct.calcsize('<@i')
struct.calcsize('')
struct.calcsize('0s')
struct.calcsize('\\0')
struct.pack('3s',b'abcd')
struct.pack('5s',b'abc')
struct.pack('0s',b'abc')
struct.pack('5p',b'abc')
struct.pack('3p',b'abcdef')
struct.pack('0p',b'abc')
struct.pack('300p',b'a'*299)
struct.pack('3c',b'a',b'b',b'c')
struct.pack('2x')
struct.pack('bxh',1,2)
struct.pack('<bxh',1,2)
struct.unpack('i')
struct.unpack('i',b'123')
struct.unpack('i',b'12345')
struct.unpack('i','abcd')
struct.unpack('i',buffer=b'1234')
struct.unpack('<3s2pc?x',b'abc\\x05dc\\x02\\x00')
struct.unpack('<5p',b'\\x02abcd')
struct.unpack('<0p',b'')
struct.unpack('<hHiIqQ',bytes(range(200,228)))
struct.unpack('>hHiIqQ',bytes(range(200,228)))
struct.unpack('>efd',bytes(range(60,74)))
struct.unpack('<nN',b'1'*16)
struct.unpack('nNP',b'1'*24)
struct.unpack_from('i',b'123')
struct.unpack_from('i',b'12345678',5)
struct.unpack_from('i',b'12345678',-4)
struct.unpack_from('i',b'12345678',-3)
struct.unpack_from('i',b'12345678',-9)
struct.unpack_from('i',b'12345678',offset=2)
struct.unpack_from('i')
struct.unpack_from('i',b'12345678',2**70)
struct.unpack_from(format='i',buffer=b'1234')
struct.Struct('i').unpack_from(buffer=b'1234',offset=0)
struct.iter_unpack('i',b'123')
struct.iter_unpack('',b'')
struct.iter_unpack('i',b'12345678')
list(struct.iter_unpack('<i',b'12345678'))
struct.iter_unpack('i',b'12345678').__length_hint__()
list(struct.iter_unpack('<i',b''))
struct.pack_into('i')
struct.pack_into('i',bytearray(4))
struct.pack_into('i',bytearray(4),0)
struct.pack_into('i',bytearray(4),0,1)
struct.pack_into('i',bytearray(4),1,1)
struct.pack_into('i',bytearray(4),-4,1)
struct.pack_into('i',bytearray(4),-3,1)
struct.pack_into('i',bytearray(4),-5,1)
struct.pack_into('i',b'1234',0,1)
struct.pack_into('i','1234',0,1)
struct.pack_into('i',bytearray(4),'a',1)
struct.pack_into('i',bytearray(4),2**70,1)
struct.Struct('i')
struct.Struct('i','j')
struct.Struct()
struct.Struct(1)
struct.Struct('i').format
struct.Struct(b'i').format
struct.Struct('<hi').size
struct.Struct(format='i').size
repr(struct.Struct('\\t<i'))
struct.Struct('i').pack()
struct.Struct('i').pack(x=1)
struct.Struct('i').pack_into(bytearray(4))
struct.Struct('i').unpack()
struct.Struct('i').unpack(b'')
struct.Struct.__new__(struct.Struct)
struct.Struct.__new__(struct.Struct).size
struct.Struct.__new__(struct.Struct).pack(1)
struct.Struct.__new__(struct.Struct).format
struct.Struct('i').__sizeof__() > 0
struct.Struct('i').size.__class__
struct._clearcache()
struct.error
struct.error.__mro__
struct.error.__module__
struct.Struct.__module__
struct.pack('e',65520)
struct.pack('<e',65519.99)
struct.pack('<e',6e-8)
struct.pack('<e',2.9e-8)
struct.pack('<e',1e-320)
struct.pack('<e',-1.0009765625)
struct.pack('<e',1.00048828125)
struct.pack('<e',float('nan'))
struct.pack('<f',3.4028235677973366e+38)
struct.pack('<f',3.4028235e38)
struct.pack('<f',1e-46)
struct.pack('<f',float('nan'))
struct.pack('>d',-0.0)
struct.unpack('<e',b'\\x00\\x7c')
struct.unpack('<e',b'\\x01\\x7c')
struct.unpack('<e',b'\\x01\\x00')
struct.unpack('<e',b'\\x00\\xfc')
struct.unpack('<f',b'\\x00\\x00\\xc0\\x7f')
struct.unpack('<F',b'\\x00\\x00\\x80?\\x00\\x00\\x00@')
struct.unpack('>D',b'?\\xf0\\0\\0\\0\\0\\0\\0@\\0\\0\\0\\0\\0\\0\\0')
struct.Struct.__doc__
struct.pack.__doc__
struct.pack.__text_signature__
struct.pack.__name__'''.split('\n'): t(s)
class I:
    def __index__(self): return 7
class B:
    def __index__(self): raise KeyError(5)
class F:
    def __float__(self): return 2.5
class T:
    def __bool__(self): raise KeyError(6)
for s in "struct.pack('<b',I())","struct.pack('<b',B())","struct.pack('<f',F())","struct.pack('?',T())","struct.pack('<q',B())","struct.pack('<P',I())","struct.pack('P',I())","struct.pack('P',-1)": t(s)
b=bytearray(8); struct.pack_into('<hh',b,2,1,2); print(b)
class S(struct.Struct): pass
print(S('i').size, type(S('i')))
s=struct.Struct('i'); s.__init__('<hh'); print(s.size,s.format)
for f in 'hHiIlLqQ':
    for o in '<>=@':
        st=struct.Struct(o+f); n=st.size
        for v in (0,1,127,128,2**(8*n-1)-1):
            assert st.unpack(st.pack(v))==(v,), (f,o,v)
        if f.islower(): assert st.unpack(st.pack(-v-1))==(-v-1,)
