package pki

import (
	"crypto"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"kopir/xmlsig/pki/der"
	"kopir/xmlsig/reason"
)

// pssHashes are the hashes taken in RSASSA-PSS-params (RFC 4055 §2.1); the
// default of that type, SHA-1, is not among them.
var pssHashes = map[string]crypto.Hash{
	"2.16.840.1.101.3.4.2.1": crypto.SHA256,
	"2.16.840.1.101.3.4.2.2": crypto.SHA384,
	"2.16.840.1.101.3.4.2.3": crypto.SHA512,
}

// oidMGF1 is the only mask generation function (RFC 4055 §2.2).
const oidMGF1 = "1.2.840.113549.1.1.8"

var errPSS = reason.New(reason.AlgorithmForbidden, "RSA-PSS parameters: SHA-256 or longer, MGF1 with the same hash and a salt of its length are needed")

// parsePSS reads RSASSA-PSS-params (RFC 4055 §3.1) and takes only the usual
// choice: one hash throughout and a salt of its length.
func parsePSS(params cryptobyte.String) (scheme, error) {
	var seq cryptobyte.String
	if !params.ReadASN1(&seq, asn1.SEQUENCE) || !params.Empty() {
		return scheme{}, errPSS
	}
	h := readPSSHash(&seq, 0)
	var mgf, salt cryptobyte.String
	if h == 0 || !seq.ReadASN1(&mgf, contextTag(1)) {
		return scheme{}, errPSS
	}
	generator, ok := der.ReadAlgorithm(&mgf)
	inner := cryptobyte.String(generator.Params)
	innerHash, okInner := der.ReadAlgorithm(&inner)
	if !ok || !okInner || !mgf.Empty() || !inner.Empty() || generator.OID != oidMGF1 || pssHashes[innerHash.OID] != h || !innerHash.NoParams() {
		return scheme{}, errPSS
	}
	var length int
	if !seq.ReadASN1(&salt, contextTag(2)) || !salt.ReadASN1Integer(&length) || !salt.Empty() || length != h.Size() {
		return scheme{}, errPSS
	}
	if seq.Empty() || trailerIsOne(&seq) {
		return scheme{digest: h.New, rsa: h, pss: true}, nil
	}
	return scheme{}, errPSS
}

func readPSSHash(seq *cryptobyte.String, tag uint8) crypto.Hash {
	var explicit cryptobyte.String
	if !seq.ReadASN1(&explicit, contextTag(tag)) {
		return 0
	}
	alg, ok := der.ReadAlgorithm(&explicit)
	if !ok || !explicit.Empty() || !alg.NoParams() {
		return 0
	}
	return pssHashes[alg.OID]
}

// trailerIsOne reads trailerField, which can only be 1 (RFC 4055 §3.1).
func trailerIsOne(seq *cryptobyte.String) bool {
	var explicit cryptobyte.String
	var trailer int
	return seq.ReadASN1(&explicit, contextTag(3)) && explicit.ReadASN1Integer(&trailer) && trailer == 1 &&
		explicit.Empty() && seq.Empty()
}

func contextTag(n uint8) asn1.Tag { return asn1.Tag(n).ContextSpecific().Constructed() }
