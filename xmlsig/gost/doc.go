// Package gost has the national signature and hash algorithms of Kazakhstan in pure Go, on the standard library alone.
// It signs and verifies what certificates of the National Certification Authority (НУЦ РК) sign and verify:
//
//	certificates          curve                  digest                  sizes
//	GOST 2015, 512 bits   [Curve512A]            [NewStreebog512]        key 128, digest 64, signature 128 bytes
//	GOST 2015, 256 bits   [Curve256A]            [NewStreebog256]        key 64, digest 32, signature 64 bytes
//	GOST 2004             [CurveCryptoProA]      [New34311]              key 64, digest 32, signature 64 bytes
//
// The signature is GOST R 34.10-2012 (RFC 7091), of which GOST 34.310-2004 is the 256-bit case. Keys are read by
// [ParsePublicKey] and [ParsePrivateKey], made by [GenerateKey], and used through [PublicKey.Verify] and
// [PrivateKey.Sign]; a private key is a [crypto.Signer]. Which curve and digest belong together is for the caller to
// decide from the certificate: keys take any digest of the right length.
//
// # Byte order
//
// Everything is little-endian, as in the national certificates: the coordinates of a key, the halves r and s of a
// signature in this order, the private scalar, and the digest when it is read as a number. Russian documents
// (RFC 4491, RFC 7091) write the same signature as s‖r with the most significant byte first, that is, with all its
// bytes turned round. Digests come out in the order in which OpenSSL and RFC 6986 §10 hash them, so no turning is
// needed between hashing and signing.
//
// # Time
//
// Signing and key generation take constant time: memory accesses and branches do not depend on secrets, except on
// whether a random draw was refused. Verification takes variable time and is for public data. Hashing reads tables at
// places that depend on the message, so the hashes are not for secret messages. The tables of a curve are built when
// it is first used, which takes some milliseconds; [PublicKey.Precompute] builds one for a key that verifies often.
//
// Nothing here is certified; a signature made or checked by this package has no legal standing of its own.
package gost
