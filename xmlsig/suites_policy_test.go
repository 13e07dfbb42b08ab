package xmlsig_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"kopir/xmlsig"
	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/xmltree"
)

// suiteRow is a row of MANIFEST.tsv: what a document of a public suite is made of.
type suiteRow struct {
	path, expected, why                           string
	signature, digest, c14n, transforms, uris     string
	keyInfo, verifyKey, validity, features, count string
}

func (r suiteRow) suite() string { s, _, _ := strings.Cut(r.path, "/"); return s }

// suiteRows reads the rows of one kind, by the names of their columns.
func suiteRows(t *testing.T, kind string) (rows []suiteRow) {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(string(data(t, "xmldsig/MANIFEST.tsv"))), "\n")
	names := strings.Split(lines[0], "\t")
	for _, line := range lines[1:] {
		cells := strings.Split(line, "\t")
		get := func(name string) string { return cells[slices.Index(names, name)] }
		if get("kind") != kind {
			continue
		}
		rows = append(rows, suiteRow{
			path: get("path"), expected: get("expected"), why: get("why"), signature: get("signature_alg"), digest: get("digest_alg"),
			c14n: get("signedinfo_c14n"), transforms: get("transforms"), uris: get("reference_kinds"), keyInfo: get("keyinfo"),
			verifyKey: get("verify_key"), validity: get("cert_validity"), features: get("strict_profile_refuses_because"), count: get("n_references"),
		})
	}
	if len(rows) == 0 {
		t.Fatal("the manifest names no ", kind)
	}
	return rows
}

// suitePolicy is a reason of our profile to refuse a valid document, and the code it comes with.
type suitePolicy struct {
	words   string
	code    reason.Code
	applies func(r suiteRow, doc []byte) bool
}

func hasAny(list string, words ...string) bool {
	for _, item := range strings.Split(list, ",") {
		for _, w := range words {
			if strings.HasPrefix(item, w) {
				return true
			}
		}
	}
	return false
}

// suitePolicies: the first that has the code wins. They are derived from the row's columns; where
// the manifest has no column, from the octets.
var suitePolicies = [...]suitePolicy{
	{"DOCTYPE", reason.XMLForbidden, func(_ suiteRow, doc []byte) bool { return bytes.Contains(doc, []byte("<!DOCTYPE")) }},
	{"encoding other than UTF-8", reason.XMLForbidden, func(_ suiteRow, doc []byte) bool {
		head, _, _ := bytes.Cut(doc, []byte("?>"))
		return bytes.Contains(head, []byte("encoding=")) && !bytes.Contains(bytes.ToLower(head), []byte("utf-8"))
	}},
	{"external reference", reason.XMLForbidden, func(r suiteRow, _ []byte) bool { return hasAny(r.uris, "http", "external", "#xpointer(expr)") }},
	{"reference without URI", reason.SignatureMalformed, func(r suiteRow, _ []byte) bool { return hasAny(r.uris, "omitted") }},
	{"key only referred to (RetrievalMethod, KeyInfoReference)", reason.XMLForbidden, func(r suiteRow, _ []byte) bool {
		return strings.Contains(r.keyInfo, "RetrievalMethod") || strings.Contains(r.keyInfo, "KeyInfoReference")
	}},
	{"relative namespace name", reason.XMLForbidden, func(_ suiteRow, doc []byte) bool { return bytes.Contains(doc, []byte(`xmlns="ns"`)) }},
	{"comment inside text", reason.XMLForbidden, func(_ suiteRow, doc []byte) bool { return commentInText(doc) }},
	{"HMAC", reason.AlgorithmForbidden, func(r suiteRow, _ []byte) bool { return hasAny(r.signature, "hmac", "HMAC") }},
	{"DSA", reason.AlgorithmForbidden, func(r suiteRow, _ []byte) bool { return hasAny(r.signature, "dsa") }},
	{"transform XPath, XSLT, base64 or OOXML", reason.AlgorithmForbidden, func(r suiteRow, _ []byte) bool {
		return hasAny(r.transforms, "xpath", "xslt", "xptr", "base64", "xmldsig-filter2", "RelationshipTransform")
	}},
	{"MD5, RIPEMD-160, SHA-224 or SHA-3", reason.AlgorithmForbidden, func(r suiteRow, _ []byte) bool {
		for _, name := range []string{"md5", "ripemd160", "sha224", "sha3-"} {
			if strings.Contains(r.signature+","+r.digest, name) {
				return true
			}
		}
		return false
	}},
	{"EdDSA", reason.AlgorithmForbidden, func(r suiteRow, _ []byte) bool { return hasAny(r.signature, "eddsa") }},
	{"GOST with Russian algorithm names", reason.AlgorithmForbidden, func(r suiteRow, _ []byte) bool { return hasAny(r.signature, "gostr") }},
	{"SHA-1 with ECDSA or RSA-PSS", reason.AlgorithmForbidden, func(r suiteRow, _ []byte) bool { return hasAny(r.signature, "ecdsa-sha1", "sha1-rsa-MGF1") }},
	{"RSA key below 2048 bits", reason.KeyWeak, func(r suiteRow, _ []byte) bool { return strings.Contains(r.signature, "rsa") }},
	{"first certificate of KeyInfo is not the signer's, and weak", reason.KeyWeak, func(r suiteRow, _ []byte) bool { return strings.Contains(r.signature, "ecdsa") }},
	{"more than 16 references", reason.SignatureMalformed, func(r suiteRow, _ []byte) bool { n, _ := strconv.Atoi(r.count); return n > 16 }},
	{"P-521 value of 2 × 65 octets", reason.SignatureInvalid, func(r suiteRow, _ []byte) bool { return strings.Contains(r.path, "ecdsa-java-bug") }},
	{"certificate not DER, or with a negative serial number", reason.CertificateMalformed, func(r suiteRow, _ []byte) bool {
		return strings.Contains(r.keyInfo, "X509Certificate") || strings.Contains(r.keyInfo, "SecurityToken")
	}},
	{"certificate at hand is weak or not DER", reason.ChainUntrusted, func(r suiteRow, _ []byte) bool { return strings.HasPrefix(r.verifyKey, "cert:") }},
	{"certificate is not what its name says", reason.ChainUntrusted, func(r suiteRow, _ []byte) bool { return strings.HasSuffix(r.path, "wsfederation_metadata.xml") }},
}

// commentInText tells whether a comment stands inside the text of an element.
func commentInText(doc []byte) bool {
	tree, err := xmltree.Parse(doc, xmltree.Limits{})
	return err == nil && len(tree.CommentedText()) > 0
}

// options of a row: its key or certificates, and a clock inside the certificate's period.
func (r suiteRow) options(t *testing.T, doc []byte) xmlsig.Options {
	t.Helper()
	opt := xmlsig.Options{Profile: xmlsig.ProfileAny, Trust: pki.NewStore(), At: now}
	start, _, _ := strings.Cut(r.validity, "..")
	if day, err := time.Parse(time.DateOnly, start); err == nil {
		opt.At = day.AddDate(0, 0, 1)
	}
	kind, path, _ := strings.Cut(r.verifyKey, ":")
	switch kind {
	case "cert", "certs":
		opt.Candidates = certificatesAt(t, path)
	case "pub":
		opt.Key = publicKeyAt(t, path)
	case "KeyInfo":
		if !strings.Contains(r.keyInfo, "X509Certificate") && !strings.Contains(r.keyInfo, "SecurityToken") && !strings.HasPrefix(r.expected, "refuse") {
			opt.Key = keyInDocument(doc)
		}
	}
	first := xmlsig.Verify(nil, doc, opt)
	for _, s := range first.Signers {
		if s.Certificate != nil {
			opt.Trust.AddAnchor(s.Certificate, pki.PurposeGeneric)
			if r.validity == "-" {
				opt.At = s.Certificate.NotBefore.Add(time.Hour)
			}
		}
	}
	if len(opt.Trust.Anchors()) == 0 && len(opt.Candidates) == 1 { // named by a digest, or not at all
		opt.Key = opt.Candidates[0].PublicKey
	}
	return opt
}

// certificatesAt reads a certificate, or those of a folder. What cannot be parsed is no candidate.
func certificatesAt(t *testing.T, path string) (certs []*pki.Certificate) {
	t.Helper()
	path = filepath.Join(sharedData, "xmldsig", path)
	files := []string{path}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		files, _ = filepath.Glob(filepath.Join(path, "*"))
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Log(err)
			continue
		}
		if found, err := pki.ParseAll(b); err == nil {
			certs = append(certs, found...)
		}
	}
	return certs
}

// foreignKey is a key we have no algorithm for.
type foreignKey struct{}

func publicKeyAt(t *testing.T, path string) crypto.PublicKey {
	t.Helper()
	if block, _ := pem.Decode(data(t, "xmldsig/"+path)); block != nil {
		if key, err := x509.ParsePKIXPublicKey(block.Bytes); err == nil {
			return key
		}
	}
	return foreignKey{}
}

// keyInDocument reads the key a document brings in KeyValue. Verify never does: a key without
// a name proves nothing. Here it shows that the mathematics agrees.
func keyInDocument(doc []byte) crypto.PublicKey {
	tree, err := xmltree.Parse(doc, xmltree.Limits{})
	if err != nil {
		return nil
	}
	for i := range tree.Len() {
		if tree.Kind(i) != xmltree.KindElement {
			continue
		}
		e := tree.ElementAt(i)
		switch e.Local() {
		case "RSAKeyValue":
			exponent := number(e.Child("Exponent").Text())
			return &rsa.PublicKey{N: number(e.Child("Modulus").Text()), E: int(exponent.Int64())}
		case "ECKeyValue":
			oid, _ := e.Child("NamedCurve").Attr("", "URI")
			return point(oid, decoded(e.Child("PublicKey").Text()))
		case "ECDSAKeyValue": // RFC 4050
			oid, _ := e.Find("DomainParameters/NamedCurve").Attr("", "URN")
			x, _ := e.Find("PublicKey/X").Attr("", "Value")
			y, _ := e.Find("PublicKey/Y").Attr("", "Value")
			return pointXY(oid, x, y)
		case "DEREncodedKeyValue":
			if key, err := x509.ParsePKIXPublicKey(decoded(e.Text())); err == nil {
				return key
			}
			return foreignKey{}
		case "DSAKeyValue":
			return foreignKey{}
		}
	}
	return nil
}

func decoded(s string) []byte {
	b, _ := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(s), ""))
	return b
}

func number(s string) *big.Int { return new(big.Int).SetBytes(decoded(s)) }

func curveOf(oid string) elliptic.Curve {
	switch strings.TrimPrefix(oid, "urn:oid:") {
	case "1.2.840.10045.3.1.7":
		return elliptic.P256()
	case "1.3.132.0.34":
		return elliptic.P384()
	case "1.3.132.0.35":
		return elliptic.P521()
	}
	return nil
}

func point(oid string, raw []byte) crypto.PublicKey {
	curve := curveOf(oid)
	if curve == nil {
		return foreignKey{}
	}
	key, err := ecdsa.ParseUncompressedPublicKey(curve, raw)
	if err != nil {
		return foreignKey{}
	}
	return key
}

func pointXY(oid, x, y string) crypto.PublicKey {
	curve := curveOf(oid)
	a, okX := new(big.Int).SetString(x, 10)
	b, okY := new(big.Int).SetString(y, 10)
	if curve == nil || !okX || !okY {
		return foreignKey{}
	}
	size := (curve.Params().BitSize + 7) / 8
	raw := append([]byte{4}, a.FillBytes(make([]byte, size))...)
	return point(oid, append(raw, b.FillBytes(make([]byte, size))...))
}
