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
// lies outside is refused, never skipped. Each code belongs to one check:
//   - xml_forbidden in "xml": DOCTYPE, a reference to a doubled Id, external references,
//     RetrievalMethod, comments inside text, line ends written inside attribute values;
//   - algorithm_forbidden in "algorithm": XPath, XSLT, base64 and other foreign transforms,
//     and every algorithm outside the table or beside the wrong key;
//   - signature_malformed in "signature": a broken grammar.
//
// There is one way through the code, and every document takes it: a tree in memory that is used
// again, then canonicalisation from it. A second way that digests while it reads, for the common
// shape only, was weighed and not built: two ways that must never disagree are a risk for ever.
// The tree is a flat list without pointers and tags that are canonical as they stand are copied;
// testdata/BENCH.md says how near that comes to a program that does nothing but the single pass.
// What is remembered, certificates and tables of keys, is the trust store's and saves work only:
// each document is judged anew.
//
// The package opens no connection and reads no clock.
package xmlsig
