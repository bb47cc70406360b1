"""_hashlib: hash objects by name, HMAC, key derivation."""

import _hashlib as h
import hashlib


def t(function, *args, **kwargs):
    try:
        result = function(*args, **kwargs)
    except Exception as error:
        print(type(error).__name__, error)
    else:
        print(result.hex() if isinstance(result, bytes) else result)


def seen(hash):
    text = repr(hash)
    return text[: text.index("@")]


names = "md5 sha1 sha224 sha256 sha384 sha512 sha512_224 sha512_256 sha3_224 sha3_256 sha3_384 sha3_512 blake2b blake2s md5-sha1".split()
for name in names:
    hash = h.new(name, b"abc")
    print(seen(hash), hash.name, hash.digest_size, hash.block_size, hash.hexdigest())
    other = hash.copy()
    other.update(b"d" * 5000)
    print(other.hexdigest(), hash.digest() == h.new(name, data=b"abc").digest(), type(other).__name__)
for name in "shake_128", "shake_256":
    hash = h.new(name, b"abc")
    print(seen(hash), hash.name, hash.digest_size, hash.block_size, hash.hexdigest(20), hash.digest(0), hash.digest(length=3))
    t(hash.digest)
    t(hash.digest, -1)
    t(hash.hexdigest, -1)
    t(hash.digest, "a")
    t(hash.hexdigest, 2**64)
print(isinstance(h.new("shake_128"), h.HASH), h.HASHXOF.__mro__)
for name in "SHA256", "sha-256", "Sha512_256", "SHA512-256", "sha3-256", "SHAKE128", "md5_sha1", "MD5-SHA1", "BLAKE2b512", "blake2b512", "SHA2-256", "ssl3-md5", "shake-128", "RSA-SHA256", "", "nosuch", "x\0y":
    try:
        print(repr(name), h.new(name).name)
    except Exception as error:
        print(type(error).__name__, error)
t(h.new)
t(h.new, 5)
t(h.new, "md5", "text")
t(h.new, "md5", 5)
t(h.new, "md5", data=b"a", string=b"a")
print(h.new("md5", string=b"a").hexdigest())
t(h.new, "md5", b"", True)
t(h.openssl_md5, 1, 2)

print(h.openssl_sha256(usedforsecurity=False).hexdigest())
t(h.HASH)
t(h.HASHXOF)
t(h.HMAC)
t(h.new("md5").update)
t(h.new("md5").update, "a")
for function in sorted(h._constructors, key=str):
    print(function, h._constructors[function], seen(function(b"x")))

for digestmod in "md5", "sha512", "sha3_256", "blake2s", h.openssl_sha1, hashlib.sha256, "sha512_256", "md5-sha1":
    mac = h.hmac_new(b"key", b"message", digestmod)
    print(seen(mac), mac.name, mac.digest_size, mac.block_size, mac.hexdigest())
    other = mac.copy()
    other.update(b"more" * 1000)
    print(other.digest().hex(), mac.digest() == h.hmac_digest(b"key", b"message", digestmod), type(other).__name__)
    print(h.hmac_digest(b"k" * 500, b"", digestmod).hex())
    print(h.hmac_digest(b"", b"", digestmod).hex())
t(h.hmac_new, b"k", b"m")
t(h.hmac_new, b"k", b"m", None)
t(h.hmac_new, b"k", b"m", "nosuch")
t(h.hmac_new, b"k", b"m", "shake_128")
t(h.hmac_new, b"k", b"m", 5)
t(h.hmac_new, b"k", b"m", len)
t(h.hmac_new, "k", b"m", "md5")
t(h.hmac_new, b"k", "m", "md5")
print(h.hmac_new(b"k", None, "md5").name)
t(h.hmac_new, msg=b"", digestmod="md5")
t(h.hmac_digest, b"k", b"m", "nosuch")
t(h.hmac_digest, b"k", b"m", None)
t(h.hmac_digest, b"k", b"m", "shake_128")
t(h.hmac_digest, b"k", "m", "md5")
t(h.hmac_digest, "k", b"m", "md5")
t(h.hmac_digest, b"k", b"m")
t(h.hmac_new(b"k", digestmod="md5").update, "x")
t(h.hmac_new(b"k", digestmod="md5").update)
print(h.UnsupportedDigestmodError.__mro__)

t(h.pbkdf2_hmac, "sha1", b"password", b"salt", 1)
t(h.pbkdf2_hmac, "sha1", b"password", b"salt", 2, None)
t(h.pbkdf2_hmac, "sha256", b"password", b"salt", 4096, 40)
t(h.pbkdf2_hmac, hash_name="sha512", password=b"p" * 300, salt=b"", iterations=3, dklen=200)
t(h.pbkdf2_hmac, "sha3_256", b"p", b"s", 3)
t(h.pbkdf2_hmac, "blake2b", b"p", b"s", 3)
t(h.pbkdf2_hmac, "nosuch", b"p", b"s", 1)
t(h.pbkdf2_hmac, "shake_128", b"p", b"s", 1)
t(h.pbkdf2_hmac, "shake_128", b"p", b"s", 1, 10)
t(h.pbkdf2_hmac, b"sha1", b"p", b"s", 1)
t(h.pbkdf2_hmac, "sha1", "p", b"s", 1)
t(h.pbkdf2_hmac, "sha1", b"p", "s", 1)
t(h.pbkdf2_hmac, "sha1", b"p", b"s", 0)
t(h.pbkdf2_hmac, "sha1", b"p", b"s", -1)
t(h.pbkdf2_hmac, "sha1", b"p", b"s", 2**70)
t(h.pbkdf2_hmac, "sha1", b"p", b"s", 2**31)
t(h.pbkdf2_hmac, "sha1", b"p", b"s", 1, 0)
t(h.pbkdf2_hmac, "sha1", b"p", b"s", 1, -1)
t(h.pbkdf2_hmac, "sha1", b"p", b"s", 1, 2**31)
t(h.pbkdf2_hmac, "sha1", b"p", b"s", 1, 2**70)
t(h.pbkdf2_hmac, "sha1", b"p", b"s", 1, "x")
t(h.pbkdf2_hmac, "sha1", b"p", b"s")

t(h.scrypt, b"", salt=b"", n=16, r=1, p=1)
t(h.scrypt, b"password", salt=b"NaCl", n=1024, r=8, p=16, maxmem=0, dklen=64)
t(h.scrypt, b"password", salt=b"NaCl", n=2, r=1, p=3, dklen=7)
t(h.scrypt, b"p", salt=b"s", n=3, r=1, p=1)
t(h.scrypt, b"p", salt=b"s", n=1, r=1, p=1)
t(h.scrypt, b"p", salt=b"s", n=0, r=1, p=1)
t(h.scrypt, b"p", salt=b"s", n=-2, r=1, p=1)
t(h.scrypt, b"p", salt=b"s", n=2**70, r=1, p=1)
t(h.scrypt, b"p", salt=b"s", n="x", r=1, p=1)
t(h.scrypt, b"p", salt=b"s", n=2, r=0, p=1)
t(h.scrypt, b"p", salt=b"s", n=2, r=-1, p=1)
t(h.scrypt, b"p", salt=b"s", n=2, r=1, p=0)
t(h.scrypt, b"p", salt=b"s", n=2, r=2**30, p=2)
t(h.scrypt, b"p", salt=b"s", n=2**20, r=8, p=1)
t(h.scrypt, b"p", salt=b"s", n=1024, r=8, p=1, maxmem=1000)
t(h.scrypt, b"p", salt=b"s", n=1024, r=8, p=1, maxmem=1024 * 8 * 128 + 8 * 128 + 32 * 8 * 4)
t(h.scrypt, b"p", salt=b"s", n=1024, r=8, p=1, maxmem=1024 * 8 * 128 + 8 * 128 + 32 * 8 * 4 - 1)
t(h.scrypt, b"p", salt=b"s", n=1024, r=8, p=1, maxmem=1024 * 8 * 128 + 8 * 128 + 8 * 128 + 256)
t(h.scrypt, b"p", salt=b"s", n=1024, r=8, p=1, maxmem=1024 * 8 * 128 + 8 * 128 + 8 * 128 + 256 - 1)
t(h.scrypt, b"p", salt=b"s", n=1024, r=8, p=1, maxmem=1024 * 1027)
t(h.scrypt, b"p", salt=b"s", n=1024, r=8, p=1, maxmem=1024 * 1027 - 1)
t(h.scrypt, b"p", salt=b"s", n=1024, r=8, p=1, maxmem=-1)
t(h.scrypt, b"p", salt=b"s", n=1024, r=8, p=1, maxmem=2**31)
t(h.scrypt, b"p", salt=b"s", n=2, r=1, p=1, dklen=0)
t(h.scrypt, b"p", salt=b"s", n=2, r=1, p=1, dklen=2**31)
t(h.scrypt, "p", salt=b"s", n=2, r=1, p=1)
t(h.scrypt, b"p", salt="s", n=2, r=1, p=1)
t(h.scrypt, b"p", n=2, r=1, p=1)
t(h.scrypt, b"p", salt=b"s")
t(h.scrypt, b"p", b"s", 2, 1, 1)

t(h.compare_digest, b"a", bytearray(b"a"))
t(h.compare_digest, "a", "b")
t(h.compare_digest, "é", "é")
t(h.compare_digest, "a", b"a")
print(h.get_fips_mode(), h._GIL_MINSIZE)
print(hashlib.pbkdf2_hmac is h.pbkdf2_hmac, hashlib.scrypt is h.scrypt, hashlib.sha256 is h.openssl_sha256, hashlib.blake2b)
for name in sorted(vars(h)):
    function = getattr(h, name)
    if callable(function) and not name.startswith("__"):
        print(name, function.__doc__, getattr(function, "__text_signature__", None))
