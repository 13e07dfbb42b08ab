package pki_test

import (
	"crypto/rsa"
	"math/big"
	"testing"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"kopir/xmlsig/gost"
	"kopir/xmlsig/pki"
	"kopir/xmlsig/pki/der"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/testpki"
)

// TestSignatureAlgorithms signs leaves with every algorithm of the list, and
// with those that are not on it.
func TestSignatureAlgorithms(t *testing.T) {
	tests := []struct {
		family testpki.Algorithm
		oid    string
		want   reason.Code
	}{
		{testpki.GOST512, pki.GOST2015With512, ""},
		{testpki.GOST2004, pki.GOST2004, ""},
		{testpki.RSA, pki.SHA256WithRSA, ""},
		{testpki.RSA, pki.SHA384WithRSA, ""},
		{testpki.RSA, pki.SHA512WithRSA, ""},
		{testpki.RSA, pki.RSAPSS, ""},
		{testpki.RSA, pki.SHA1WithRSA, reason.AlgorithmForbidden},
		{testpki.ECDSA, pki.ECDSAWithSHA256, ""},
		{testpki.ECDSA, pki.ECDSAWithSHA384, ""},
		{testpki.ECDSA, pki.ECDSAWithSHA512, ""},
	}
	for _, tt := range tests {
		t.Run(tt.oid, func(t *testing.T) {
			ca := authority(t, tt.family)
			leaf := issue(t, ca, testpki.Profile{Mutate: func(c *testpki.Template) { c.SignatureAlgorithm = tt.oid }}).Certificate
			wantCode(t, leaf.VerifyBy(ca.Issuing), tt.want)
			_, err := trusting(ca).Chain(leaf, nil, now)
			wantCode(t, err, tt.want)
		})
	}
}

// TestOldRootIsStillSelfSigned: the SHA-1 signature of an anchor over itself
// proves nothing and forbids nothing.
func TestOldRootIsStillSelfSigned(t *testing.T) {
	ca := authority(t, testpki.RSA)
	old := issue(t, ca, testpki.Profile{Kind: testpki.SubAuthority, Mutate: func(c *testpki.Template) { c.Issuer, c.SignatureAlgorithm = nil, pki.SHA1WithRSA }})
	store := pki.NewStore()
	if !store.AddTrust(old.Certificate) || len(store.Anchors()) != 1 {
		t.Fatal("not taken as an anchor")
	}
	leaf := issue(t, ca, testpki.Profile{Mutate: func(c *testpki.Template) { c.SignedBy(old) }})
	_, err := store.Chain(leaf.Certificate, nil, now)
	wantCode(t, err, "")
	wantCode(t, old.Certificate.VerifyBy(old.Certificate), reason.AlgorithmForbidden)
}

// TestKeyAndAlgorithmAreBound tries every signature under every kind of key.
func TestKeyAndAlgorithmAreBound(t *testing.T) {
	oids := []string{pki.SHA256WithRSA, pki.ECDSAWithSHA256, pki.GOST2004, pki.GOST2015With512, pki.GOST2015With256}
	home := map[string]testpki.Algorithm{pki.SHA256WithRSA: testpki.RSA, pki.ECDSAWithSHA256: testpki.ECDSA,
		pki.GOST2004: testpki.GOST2004, pki.GOST2015With512: testpki.GOST512}
	for _, alg := range algorithms {
		c := authority(t, alg).Issuing
		for _, oid := range oids {
			err := pki.VerifySignature(c.PublicKey, oid, c.RawTBS, c.Signature)
			if home[oid] == alg {
				wantCode(t, err, reason.SignatureInvalid) // the root's, not its own
			} else {
				wantCode(t, err, reason.AlgorithmForbidden)
			}
		}
		root := authority(t, alg).Root
		wantCode(t, pki.VerifySignature(root.PublicKey, root.SignatureAlgorithm, c.RawTBS, c.Signature), "")
		wantCode(t, pki.VerifySignature(nil, root.SignatureAlgorithm, c.RawTBS, c.Signature), reason.AlgorithmForbidden)
		wantCode(t, pki.VerifySignature(root.PublicKey, "1.2.840.113549.1.1.4", c.RawTBS, c.Signature), reason.AlgorithmForbidden) // MD5
		wantCode(t, pki.VerifySignature(root.PublicKey, pki.RSAPSS, c.RawTBS, c.Signature), reason.AlgorithmForbidden)             // no parameters
	}
}

// TestDigestFirst: a digest made on the way verifies like the octets themselves.
func TestDigestFirst(t *testing.T) {
	for _, alg := range algorithms {
		ca := authority(t, alg)
		id := der.Algorithm{OID: ca.Issuing.SignatureAlgorithm}
		h, err := pki.NewDigest(id)
		if err != nil {
			t.Fatal(err)
		}
		h.Write(ca.Issuing.RawTBS)
		wantCode(t, pki.VerifyDigest(ca.Root.PublicKey, id, h.Sum(nil), ca.Issuing.Signature), "")
		wantCode(t, pki.VerifyDigest(ca.Issuing.PublicKey, id, h.Sum(nil), ca.Issuing.Signature), reason.SignatureInvalid)
	}
}

func spki(algorithm func(*cryptobyte.Builder), bits []byte) []byte {
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(asn1.SEQUENCE, algorithm)
		b.AddASN1BitString(bits)
	})
	return b.BytesOrPanic()
}

func rsaKey(n, e *big.Int) []byte {
	var key cryptobyte.Builder
	key.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1BigInt(n); b.AddASN1BigInt(e) })
	return spki(func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier([]int{1, 2, 840, 113549, 1, 1, 1})
		b.AddASN1NULL()
	}, key.BytesOrPanic())
}

func TestRSAKeyBounds(t *testing.T) {
	modulus := authority(t, testpki.RSA).Root.PublicKey.(*rsa.PublicKey).N
	long := new(big.Int).SetBit(new(big.Int).Lsh(modulus, 8193-2048), 0, 1)
	tests := []struct {
		name string
		n, e *big.Int
		want reason.Code
	}{
		{"usual", modulus, big.NewInt(65537), ""},
		{"2047 bits", new(big.Int).SetBit(new(big.Int).Rsh(modulus, 1), 0, 1), big.NewInt(65537), reason.KeyWeak},
		{"8193 bits", long, big.NewInt(65537), reason.AlgorithmForbidden},
		{"even modulus", new(big.Int).Sub(modulus, big.NewInt(1)), big.NewInt(65537), reason.KeyWeak},
		{"e = 1", modulus, big.NewInt(1), reason.KeyWeak},
		{"e = 3", modulus, big.NewInt(3), reason.KeyWeak},
		{"even e", modulus, big.NewInt(65538), reason.KeyWeak},
		{"large e", modulus, new(big.Int).SetBit(big.NewInt(1), 40, 1), reason.KeyWeak},
		{"negative modulus", new(big.Int).Neg(modulus), big.NewInt(65537), reason.CertificateMalformed},
		{"zero e", modulus, new(big.Int), reason.CertificateMalformed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := pki.ParsePublicKey(rsaKey(tt.n, tt.e))
			wantCode(t, err, tt.want)
		})
	}
}

// TestNationalParameterSets takes the three sets the national CA registered
// for signing and none of its others (facts/national-pki.md §2.1).
func TestNationalParameterSets(t *testing.T) {
	oid := func(tail ...int) []int { return append([]int{1, 2, 398, 3, 10, 1}, tail...) }
	tests := []struct {
		name               string
		key, curve, digest []int
		group              *gost.Curve
		want               reason.Code
	}{
		{"2004 A", oid(1, 1, 1), oid(1, 1, 1, 1), oid(3, 1, 1, 0), gost.CurveCryptoProA(), ""},
		{"2004 B", oid(1, 1, 1), oid(1, 1, 1, 2), oid(3, 1, 1, 0), gost.CurveCryptoProA(), reason.AlgorithmForbidden},
		{"2004 parameter 1", oid(1, 1, 1), oid(1, 1, 1, 1), oid(3, 1, 1, 1), gost.CurveCryptoProA(), reason.AlgorithmForbidden},
		{"2015-512", oid(1, 2, 2), oid(1, 2, 2, 1), oid(3, 3), gost.Curve512A(), ""},
		{"2015-512 with the digest of 256", oid(1, 2, 2), oid(1, 2, 2, 1), oid(3, 2), gost.Curve512A(), reason.AlgorithmForbidden},
		{"2015-512 with a key of 256", oid(1, 2, 2), oid(1, 2, 2, 1), oid(3, 3), gost.Curve256A(), reason.CertificateMalformed},
		{"2015-256", oid(1, 2, 1), oid(1, 2, 1, 1), oid(3, 2), gost.Curve256A(), ""},
		{"Russian 2012-512", []int{1, 2, 643, 7, 1, 1, 1, 2}, oid(1, 2, 2, 1), oid(3, 3), gost.Curve512A(), reason.AlgorithmForbidden},
		{"flat NCA", []int{1, 3, 6, 1, 4, 1, 6801, 1, 5, 8}, oid(1, 1, 1, 1), oid(3, 1, 1, 0), gost.CurveCryptoProA(), reason.AlgorithmForbidden},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			key, err := gost.GenerateKey(tt.group, random(tt.name))
			if err != nil {
				t.Fatal(err)
			}
			var point cryptobyte.Builder
			point.AddASN1OctetString(key.Public().(*gost.PublicKey).Bytes())
			_, err = pki.ParsePublicKey(spki(func(b *cryptobyte.Builder) {
				b.AddASN1ObjectIdentifier(tt.key)
				b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
					b.AddASN1ObjectIdentifier(tt.curve)
					b.AddASN1ObjectIdentifier(tt.digest)
				})
			}, point.BytesOrPanic()))
			wantCode(t, err, tt.want)
		})
	}
}
