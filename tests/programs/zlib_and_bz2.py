# zlib and _bz2: round trips in pieces, limits, errors.
import zlib,_bz2
def t(f,*a,**k):
    try: return repr(f(*a,**k))
    except BaseException as e: return type(e).__name__+': '+str(e)
P=lambda *a:print(*a)
data=b''.join(b'line %d of some text\n'%(i*i%977) for i in range(2000))
for lvl in (-1, 0, 1, 9):
    for wb in (15,-15,31,9):
        s=zlib.compress(data,lvl,wbits=wb); P(zlib.decompress(s,wb)==data, len(s)<len(data))
        c=zlib.compressobj(lvl,8,wb,1+(lvl%9),lvl%5 if lvl>=0 else 0); s=b''.join(c.compress(data[i:i+1000]) for i in range(0,len(data),1000))+c.flush(2)+c.flush(3)+c.flush()
        d=zlib.decompressobj(wb); o=d.decompress(s,100); 
        while d.unconsumed_tail: o+=d.decompress(d.unconsumed_tail,777)
        o+=d.flush(); P(o==data,d.eof,d.unused_data)
P(t(zlib.compress,b'x',10), t(zlib.compress,b'x',wbits=40),t(zlib.decompress,b'x'), t(zlib.decompress,b'x',wbits=99), t(zlib.decompress,b'x',bufsize=-1), t(zlib.decompress,b'x',bufsize=0), t(zlib.decompress, zlib.compress(b'hello')[:-1]), t(zlib.decompress, zlib.compress(b'hello')[:-1]+b'x'))
P(t(zlib.compressobj,10), t(zlib.compressobj,1,2), t(zlib.compressobj,memLevel=10), t(zlib.compressobj,strategy=10), t(zlib.compressobj,wbits=4))
P(t(zlib.decompressobj,99), t(zlib.decompressobj,zdict=3), t(zlib.compressobj,zdict='x'), t(zlib.decompressobj,zdict=None))
c=zlib.compressobj(); c.flush(); P(t(c.compress,b'x'), t(c.flush), t(c.copy), t(c.flush,0), t(c.flush,99))
c=zlib.compressobj(); P(t(c.flush,99), t(c.flush,-1))
d=zlib.decompressobj(); P(t(d.decompress,b'x',-1), t(d.flush,0), t(d.flush,-1), t(d.flush), t(d.decompress,b'xxxxx'))
d=zlib.decompressobj(); s=zlib.compress(b'hello'); P(t(d.decompress,s+b'tail'),d.unused_data,d.eof, t(d.decompress,b'more'),d.unused_data, t(d.flush), t(d.flush), t(d.decompress,b'x'), t(d.copy))
c=zlib.compressobj(zdict=b'hello'); s=c.compress(b'hello')+c.flush(); P(t(zlib.decompress,s), t(zlib.decompressobj(zdict=b'foo').decompress,s),t(zlib.decompressobj(zdict=b'hello').decompress,s), t(zlib.decompressobj(-15,zdict=b'foo').decompress,b''), t(zlib._ZlibDecompressor, 99)); z=zlib._ZlibDecompressor(); P(t(z.decompress,b'x'*10), t(z.decompress,zlib.compress(b''))); 
z=zlib._ZlibDecompressor(); P(t(z.decompress,zlib.compress(b'')), t(z.decompress,b''))
for D,s in ((zlib._ZlibDecompressor,zlib.compress(data)),(_bz2.BZ2Decompressor,(lambda c:c.compress(data)+c.flush())(_bz2.BZ2Compressor()))):
    z=D(); o=b''; i=0
    s2=s+b'tail'
    n=0
    while not z.eof:
        if z.needs_input: chunk=s2[i:i+100]; i+=100
        else: chunk=b''
        r=z.decompress(chunk,300); o+=r; n+=len(r)>300
    P(o==data,n,z.needs_input)
    z=D(); P(z.decompress(s)==data,z.eof,z.unused_data,z.needs_input)
    z=D(); P(len(z.decompress(s[:-5]))<=len(data),z.eof,z.unused_data,z.needs_input, z.decompress(s[-5:])==b'', z.eof)
    z=D(); P(len(z.decompress(s,0)),z.needs_input,z.eof)
c=_bz2.BZ2Compressor(); c.flush(); P(t(c.compress,b''),t(c.flush),t(_bz2.BZ2Decompressor().decompress,b'xxxxxxxxxx'),t(_bz2.BZ2Compressor,0),t(_bz2.BZ2Compressor,10))
