package pki

import (
	"bytes"
	"crypto/x509"
	"errors"

	"kopir/xmlsig/reason"
)

func invalid(format string, args ...any) error {
	return reason.Newf(reason.ChainInvalid, format, args...)
}

// checkRules checks the rules of RFC 5280 §6.1 that do not depend on the moment, along a path whose signatures
// are known to be good. Policy trees are not built: a critical constraint on policies is an extension that is not
// understood, and ends the path.
func checkRules(path Chain) error {
	for i, c := range path {
		if len(c.UnknownCritical) > 0 {
			return invalid("%s has a critical extension that is not understood: %s", place(i, path), c.UnknownCritical[0])
		}
		if i == 0 && len(path) > 1 {
			continue
		}
		if err := checkAuthority(c, place(i, path)); err != nil {
			return err
		}
		if c.MaxPathLen >= 0 && authoritiesBelow(path, i) > c.MaxPathLen {
			return invalid("%s allows only %d authorities below it", place(i, path), c.MaxPathLen)
		}
		if err := checkNames(path, i); err != nil {
			return err
		}
	}
	return nil
}

// checkAuthority checks that c may issue certificates.
func checkAuthority(c *Certificate, where string) error {
	switch {
	case !c.HasBasicConstraints || !c.IsCA:
		return invalid("%s is no certification authority", where)
	case c.HasKeyUsage && c.KeyUsage&x509.KeyUsageCertSign == 0:
		return invalid("%s may not sign certificates", where)
	}
	return nil
}

// authoritiesBelow counts the CA certificates between path[i] and the leaf that
// are not self-issued (RFC 5280 §4.2.1.9).
func authoritiesBelow(path Chain, i int) (n int) {
	for j := 1; j < i; j++ {
		if !bytes.Equal(path[j].RawSubject, path[j].RawIssuer) {
			n++
		}
	}
	return n
}

// place names a certificate of the path without personal data.
func place(i int, path Chain) string {
	switch {
	case i == len(path)-1:
		return "the trust anchor"
	case i == 0:
		return "the signer's certificate"
	case i == 1:
		return "the issuer's certificate"
	}
	return "an intermediate certificate"
}

// linkError turns a failed signature into a reason of the chain. A forbidden
// algorithm keeps its own code.
func linkError(err error) error {
	var e *reason.Error
	if errors.As(err, &e) && e.Code == reason.AlgorithmForbidden {
		return e
	}
	return reason.Wrap(reason.ChainUntrusted, "a certificate of the issuer's name is known, but its key did not sign this one", err)
}
