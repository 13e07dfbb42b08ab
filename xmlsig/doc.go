// Package xmlsig verifies and makes XML signatures with Kazakhstan's national algorithms,
// RSA and ECDSA, and says with evidence what each check found.
//
//	result := xmlsig.Verify(nil, body, xmlsig.Options{Trust: store, At: now})
//	result.CheckRevocation(ctx, source, now, xmlsig.ModeRequire)
//	result.CheckIdentity(iin, "")
//	if outcome, code := result.Verdict(); outcome == reason.Passed {
//		form, err := xmltree.Parse(result.Covered, xmltree.Limits{})
//	}
//
// Only Covered travels on: it is the very octets that were digested, so what is read is what
// was signed. It stays empty when anything in the mathematics or the coverage failed.
//
// What is verified is a profile of XMLDSig 1.1: same-document references, the transforms
// enveloped-signature and canonicalisation, the algorithms of the table in algorithm.go. What
// lies outside is refused, never skipped. Each code belongs to one check: constructs that are
// not let in (DOCTYPE, doubled Ids, external references, RetrievalMethod, comments inside text)
// are xml_forbidden in "xml"; XPath, XSLT, base64 and other foreign transforms are
// algorithm_forbidden in "algorithm"; a broken grammar is signature_malformed in "signature".
//
// The package opens no connection and reads no clock.
package xmlsig
