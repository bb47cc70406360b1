# binascii and the modules behind hashlib on random bytes.
import binascii, random, zlib, _md5,_sha1,_sha2,_sha3,_blake2,_bz2
def t(f,*a,**k):
    try: return repr(f(*a,**k))
    except BaseException as e: return type(e).__name__+': '+str(e)
R=random.Random(5)
alpha=b'ABab01+/=\n\r _-!.\tz\xff\x00'
out=[]
for i in range(12):
    n=R.choice([0,1,2,3,4,5,8,20,60,200])
    b=bytes(R.randrange(256) for _ in range(n)); c=bytes(R.choice(alpha) for _ in range(n)); d=bytes(R.choice(b'AB=') for _ in range(n)); e=bytes(R.choice(b'abAF09gx =\n_') for _ in range(n))
    u=bytes(R.randrange(32,100) for _ in range(n))
    for x in (b,c,d,e,u):
        out.append((x,t(binascii.a2b_base64,x),t(binascii.a2b_base64,x,strict_mode=True),t(binascii.a2b_hex,x),t(binascii.a2b_uu,x),t(binascii.b2a_uu,x,backtick=i%2),t(binascii.b2a_base64,x,newline=i%3==0),t(binascii.a2b_qp,x,i%2),t(binascii.b2a_qp,x,i%2,i%3==0,i%5==0),t(binascii.b2a_qp,x),t(binascii.crc32,x,i*77777),t(binascii.crc_hqx,x,i),t(binascii.hexlify,x,':',R.randrange(-3,4)),
          zlib.adler32(x,i),_md5.md5(x).hexdigest(),_sha1.sha1(x).digest(),_sha2.sha224(x).digest(),_sha2.sha256(x).digest(),_sha2.sha384(x).digest(),_sha2.sha512(x).digest(),[getattr(_sha3,h)(x).digest() for h in ('sha3_224','sha3_256','sha3_384','sha3_512')],_sha3.shake_128(x).hexdigest(n),_sha3.shake_256(x).digest(n*3),
          _blake2.blake2b(x,digest_size=1+i%64,key=x[:i%60],salt=x[:i%17],person=x[:i%16],fanout=i%256,depth=1+i%255,leaf_size=i*1000,node_offset=i*10**9,node_depth=i%256,inner_size=i%65,last_node=i%2).digest(),
          _blake2.blake2s(x,digest_size=1+i%32,key=x[:i%30],salt=x[:i%9],person=x[:i%8],fanout=i%256,depth=1+i%255,leaf_size=i*1000,node_offset=i*10**9,node_depth=i%256,inner_size=i%33,last_node=i%2).digest()))
for x in ['abc','\xff',3,None,bytearray(b'YWI='),memoryview(b'YWI='),memoryview(b'YWI=YWI=')[::2], memoryview(b'abcd').cast('B',(2,2))]:
    for f in (binascii.a2b_base64,binascii.b2a_base64,binascii.hexlify,binascii.unhexlify,binascii.crc32,zlib.decompress): out.append((str(type(x)),t(f,x)))
    out.append(t(lambda y:_md5.md5(y).digest(),x))
out+= [t(binascii.crc32,b'x',2**70+5),t(binascii.crc32,b'x',-2**70-5),t(binascii.hexlify,b'abc','xx'),t(binascii.hexlify,b'abc','é'),t(binascii.hexlify,b'abc',3), t(binascii.b2a_uu,b'x'*46),binascii.Error.__mro__,binascii.Incomplete.__mro__]
h=_sha2.sha256(); 
for i in range(300): h.update(b'x'*i)
g=h.copy(); g.update(b'z'); out.append((h.hexdigest(),g.hexdigest()))
for o in out: print(o)
