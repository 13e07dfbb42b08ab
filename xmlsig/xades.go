package xmlsig

import (
	"crypto/subtle"
	"strings"

	"kopir/xmlsig/reason"
	"kopir/xmlsig/xmltree"
)

// xadesNamespaces are the versions of XAdES whose SignedProperties are understood
// (ETSI TS 101 903, EN 319 132-1). The reference's Type is one of them plus "SignedProperties".
var xadesNamespaces = [...]string{
	"http://uri.etsi.org/01903/v1.3.2#", "http://uri.etsi.org/01903/v1.2.2#", "http://uri.etsi.org/01903/v1.1.1#",
}

// isXAdES tells whether a reference is to the signed properties of its own signature.
func isXAdES(typ string) bool {
	return strings.HasPrefix(typ, "http://uri.etsi.org/01903") && strings.HasSuffix(typ, "#SignedProperties")
}

// checkSignedProperties proves that a reference of that type names the SignedProperties inside
// this very signature, and that the SigningCertificate there, if any, is the signer's.
func (s *signerState) checkSignedProperties(f *followed) error {
	props := f.apex
	if props == nil || props.Local() != "SignedProperties" || !isXAdESNamespace(props.Space()) || !s.sig.elem.Contains(props) {
		return malformed("the reference to SignedProperties names something else")
	}
	if s.Certificate == nil {
		return nil
	}
	general := props.Child("SignedSignatureProperties")
	for _, name := range []string{"SigningCertificate", "SigningCertificateV2"} {
		list := general.Child(name)
		if list == nil {
			continue
		}
		if err := s.checkSigningCertificate(list.Find("Cert/CertDigest")); err != nil {
			return err
		}
	}
	return nil
}

// checkSigningCertificate compares the digest of the first Cert, which is the signer's (TS 101 903 §7.2.2).
func (s *signerState) checkSigningCertificate(digest *xmltree.Element) error {
	value, method := digest.Child("DigestValue"), digest.Child("DigestMethod")
	if !value.Is(nsDSig, "DigestValue") || !method.Is(nsDSig, "DigestMethod") {
		return malformed("SigningCertificate has no digest")
	}
	uri, _ := method.Attr("", "Algorithm")
	alg, err := findDigestMethod(uri, nil, s.v.opt.AllowSHA1)
	if err != nil {
		return err
	}
	want, err := s.v.decode(value)
	if err != nil {
		return err
	}
	h := alg.new()
	h.Write(s.Certificate.Raw)
	if subtle.ConstantTimeCompare(h.Sum(nil), want) != 1 {
		return reason.New(reason.DigestMismatch, "SigningCertificate is another certificate than the signer's")
	}
	return nil
}

func isXAdESNamespace(ns string) bool {
	for _, known := range xadesNamespaces {
		if ns == known {
			return true
		}
	}
	return false
}
