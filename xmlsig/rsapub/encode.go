package rsapub

import "crypto"

// digestInfo is the DER of DigestInfo up to the digest, parameters NULL (RFC 8017 §9.2, note 1).
var digestInfo = map[crypto.Hash]string{
	crypto.SHA1:   "\x30\x21\x30\x09\x06\x05\x2b\x0e\x03\x02\x1a\x05\x00\x04\x14",
	crypto.SHA256: "\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20",
	crypto.SHA384: "\x30\x41\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\x04\x30",
	crypto.SHA512: "\x30\x51\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\x04\x40",
}

// appendEncoded is EMSA-PKCS1-v1_5 (RFC 8017 §9.2): 00 01 FF … FF 00 DigestInfo. A modulus of [New] has
// room for more than the eight FF that are needed.
func appendEncoded(dst []byte, size int, prefix string, digest []byte) []byte {
	dst = append(dst, 0, 1)
	for range size - len(prefix) - len(digest) - 3 {
		dst = append(dst, 0xFF)
	}
	dst = append(dst, 0)
	dst = append(dst, prefix...)
	return append(dst, digest...)
}
