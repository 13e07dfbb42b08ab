package testpki

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"kopir/xmlsig/pki"
	"kopir/xmlsig/pki/der"
)

// certID is what a request asks about.
type certID struct {
	raw               []byte
	hash              string
	nameHash, keyHash []byte
	serial            *big.Int
}

func (a *Authority) issuerOf(id certID) *pki.Certificate {
	for _, issuer := range []*pki.Certificate{a.Issuing, a.Root} {
		name, key := ocspHash(id.hash, issuer.RawSubject), ocspHash(id.hash, issuer.RawPublicKeyBits)
		if name != nil && bytes.Equal(name, id.nameHash) && bytes.Equal(key, id.keyHash) {
			return issuer
		}
	}
	return nil
}

func ocspHash(oid string, b []byte) []byte {
	switch oid {
	case oidSHA1:
		sum := sha1.Sum(b)
		return sum[:]
	case oidSHA256:
		sum := sha256.Sum256(b)
		return sum[:]
	}
	return nil
}

// parseRequest reads an OCSPRequest (RFC 6960 §4.1.1); signatures on requests
// are not looked at.
func parseRequest(request cryptobyte.String) (ids []certID, nonce []byte, ok bool) {
	var outer, tbs, list cryptobyte.String
	if !request.ReadASN1(&outer, asn1.SEQUENCE) || !outer.ReadASN1(&tbs, asn1.SEQUENCE) ||
		!tbs.SkipOptionalASN1(context(0)) || !tbs.SkipOptionalASN1(context(1)) || !tbs.ReadASN1(&list, asn1.SEQUENCE) {
		return nil, nil, false
	}
	for !list.Empty() {
		var one cryptobyte.String
		if !list.ReadASN1(&one, asn1.SEQUENCE) {
			return nil, nil, false
		}
		id, ok := parseCertID(&one)
		if !ok {
			return nil, nil, false
		}
		ids = append(ids, id)
	}
	var wrapped cryptobyte.String
	var has bool
	if !tbs.ReadOptionalASN1(&wrapped, &has, context(2)) {
		return nil, nil, false
	}
	if has {
		exts, ok := der.ReadExtensions(&wrapped)
		if !ok {
			return nil, nil, false
		}
		for _, e := range exts {
			if e.OID == oidNonce {
				nonce = e.Value
			}
		}
	}
	return ids, nonce, len(ids) > 0
}

func parseCertID(one *cryptobyte.String) (id certID, ok bool) {
	var raw, seq, name, key cryptobyte.String
	if !one.ReadASN1Element(&raw, asn1.SEQUENCE) {
		return id, false
	}
	id.raw = bytes.Clone(raw)
	if !raw.ReadASN1(&seq, asn1.SEQUENCE) {
		return id, false
	}
	alg, ok := der.ReadAlgorithm(&seq)
	id.hash, id.serial = alg.OID, new(big.Int)
	if !ok || !seq.ReadASN1(&name, asn1.OCTET_STRING) || !seq.ReadASN1(&key, asn1.OCTET_STRING) || !seq.ReadASN1Integer(id.serial) {
		return id, false
	}
	id.nameHash, id.keyHash = name, key
	return id, true
}
