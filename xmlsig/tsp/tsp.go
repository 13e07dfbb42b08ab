// Package tsp asks for time stamps and checks them (RFC 3161): a token says that
// a digest existed at a moment, signed by a time-stamping authority (TSA).
//
//	imprint, err := tsp.Digest(tsp.SHA256, data)
//	request, err := tsp.NewRequest(imprint, tsp.SHA256, "", nonce)
//	token, err := tsp.ParseResponse(answer)          // whatever brought it
//	result := token.Verify(tsp.Options{Store: store, Data: data, Nonce: nonce, To: now})
//	outcome, code := reason.Verdict(result.Checks)
//
// A token is CMS SignedData (RFC 5652) in strict DER: the national TSA and
// OpenSSL write nothing else, so BER is refused. RSA, ECDSA and the national
// algorithms are known. Nothing in a token is true before Verify has passed.
// The package opens no connection and reads no clock.
package tsp

import (
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"hash"

	"kopir/xmlsig/gost"
	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
)

// Hashes an imprint may have (RFC 5754 §2; the national ones are in the registry
// root.gov.kz/oid, facts/national-pki.md §2.1).
const (
	SHA256     = "2.16.840.1.101.3.4.2.1"
	SHA384     = "2.16.840.1.101.3.4.2.2"
	SHA512     = "2.16.840.1.101.3.4.2.3"
	GOST34311  = "1.2.398.3.10.1.3.1"
	GOST256    = "1.2.398.3.10.1.3.2"
	GOST512    = "1.2.398.3.10.1.3.3"
	sha1Digest = "1.3.14.3.2.26" // only where Options.AllowSHA1 says so, and in ESSCertID
)

// Policies of the national TSA (root.gov.kz/oid): by the key it signs with.
const (
	PolicyGOST2004 = "1.2.398.3.3.2.6.1"
	PolicyRSA      = "1.2.398.3.3.2.6.2"
	PolicyGOST2015 = "1.2.398.3.3.2.6.4"
)

var hashes = map[string]func() hash.Hash{
	SHA256: sha256.New, SHA384: sha512.New384, SHA512: sha512.New,
	GOST34311: gost.New34311, GOST256: gost.NewStreebog256, GOST512: gost.NewStreebog512,
}

// Digest is the imprint of data under a hash of the list.
func Digest(algorithm string, data []byte) ([]byte, error) {
	make, ok := hashes[algorithm]
	if !ok {
		return nil, reason.New(reason.AlgorithmForbidden, "hash algorithm "+algorithm)
	}
	h := make()
	h.Write(data)
	return h.Sum(nil), nil
}

// digest is Digest for tokens, which may be older than the end of SHA-1.
func digest(algorithm string, data []byte, allowSHA1 bool) ([]byte, error) {
	if algorithm == sha1Digest && allowSHA1 {
		sum := sha1.Sum(data)
		return sum[:], nil
	}
	return Digest(algorithm, data)
}

// keyAlgorithms lead from the OID of a key and a hash to the algorithm that
// signs with both: RSA signers write rsaEncryption (RFC 3370 §3.2), the state's
// own library a national key's OID (facts/national-pki.md §2.1).
var keyAlgorithms = map[string]map[string]string{
	"1.2.840.113549.1.1.1": {SHA256: pki.SHA256WithRSA, SHA384: pki.SHA384WithRSA, SHA512: pki.SHA512WithRSA},
	"1.2.398.3.10.1.1.1.1": {GOST34311: pki.GOST2004},
	"1.2.398.3.10.1.1.2.1": {GOST256: pki.GOST2015With256},
	"1.2.398.3.10.1.1.2.2": {GOST512: pki.GOST2015With512},
}

// signatureHashes are the hashes within signature algorithms; RSA-PSS keeps its
// own in its parameters.
var signatureHashes = map[string]string{
	pki.SHA256WithRSA: SHA256, pki.SHA384WithRSA: SHA384, pki.SHA512WithRSA: SHA512,
	pki.ECDSAWithSHA256: SHA256, pki.ECDSAWithSHA384: SHA384, pki.ECDSAWithSHA512: SHA512,
	pki.GOST2004: GOST34311, pki.GOST2015With256: GOST256, pki.GOST2015With512: GOST512,
}
