package xmlsig_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kopir/xmlsig"
	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
)

// manifest lists the signature documents of one suite with their expected verdict.
func manifest(t *testing.T, suite string) (rows [][]string) {
	t.Helper()
	for _, line := range strings.Split(string(data(t, "xmldsig/MANIFEST.tsv")), "\n") {
		f := strings.Split(line, "\t")
		if strings.HasPrefix(f[0], suite+"/") && f[1] == "signature" {
			rows = append(rows, f)
		}
	}
	if len(rows) == 0 {
		t.Fatal("the manifest names no document of ", suite)
	}
	return rows
}

// trusting makes the certificate a document brings the anchor, purpose generic, and sets the
// clock into its period.
func trusting(t *testing.T, doc []byte, opt xmlsig.Options) xmlsig.Options {
	t.Helper()
	opt.Profile = xmlsig.ProfileAny
	r := xmlsig.Verify(nil, doc, opt)
	opt.Trust = pki.NewStore()
	for _, s := range r.Signers {
		if s.Certificate != nil {
			opt.Trust.AddAnchor(s.Certificate, pki.PurposeGeneric)
			opt.At = s.Certificate.NotBefore.Add(time.Hour)
		}
	}
	return opt
}

// TestSignedByJDK verifies what the Java platform signed: every canonicalisation, URI form and
// algorithm. Documents with a comment inside text verify in every check but "xml".
func TestSignedByJDK(t *testing.T) {
	rows := manifest(t, "generated-jdk")
	for _, row := range rows {
		t.Run(filepath.Base(row[0]), func(t *testing.T) {
			doc := data(t, "xmldsig/"+row[0])
			opt := trusting(t, doc, xmlsig.Options{})
			want := "passed  " + mathPassed + " chain+ validity+ purpose+"
			if strings.Contains(row[0], "/comments-") {
				want = "failed xml_forbidden xml-" + strings.TrimPrefix(mathPassed, "xml+") + " chain+ validity+ purpose+"
			}
			r := xmlsig.Verify(nil, doc, opt)
			if got := outcomes(r); got != want {
				t.Errorf("got  %s\nwant %s\n%+v", got, want, r.Checks)
			}
			if strings.Contains(row[0], "/nested-") && strings.HasSuffix(row[0], "-id.xml") {
				return // covers a part
			}
			opt.Profile = xmlsig.ProfileDocument
			if r := xmlsig.Verify(nil, doc, opt); outcomes(r) != want {
				t.Errorf("as document: got  %s\nwant %s\n%+v", outcomes(r), want, r.Checks)
			}
		})
	}
	t.Logf("%d documents", len(rows))
}

// TestGeneratedAttacks wants each attack refused, for the reason it deserves.
func TestGeneratedAttacks(t *testing.T) {
	want := map[string]reason.Code{
		"01": "", "02": "",
		"03": reason.DigestMismatch, "04": reason.DigestMismatch, // PIs outside the root are digested
		"05": reason.XMLForbidden, // comment inside text
		"06": reason.XMLMalformed, "07": reason.XMLMalformed,
		"08": reason.XMLForbidden, "09": reason.XMLForbidden,
		"10": reason.XMLMalformed,
		"11": reason.XMLForbidden, // a line end in an attribute: other programs read another value
		"12": reason.XMLForbidden, "13": reason.XMLForbidden, "14": reason.XMLForbidden,
		"15": reason.AlgorithmForbidden,
		"16": reason.DigestMismatch, "17": reason.SignatureInvalid,
		"18": reason.AlgorithmForbidden,
		"19": reason.SignatureMalformed,
		"20": reason.XMLForbidden,
		"21": reason.DigestMismatch, "22": reason.CoveragePartial, "23": reason.CoveragePartial, "24": reason.CoveragePartial,
		"25": reason.XMLForbidden, "26": reason.XMLForbidden, "27": reason.XMLForbidden, "28": reason.XMLForbidden,
		"29": reason.SignatureMalformed,
		"30": reason.ChainUntrusted,
		"31": reason.XMLMalformed, "32": reason.XMLMalformed,
		"33": reason.XMLForbidden,
		"34": reason.XMLForbidden,
		"35": reason.SignatureMissing,
		"36": reason.AlgorithmForbidden,
		"37": reason.XMLForbidden, "38": reason.XMLForbidden,
	}
	rows := manifest(t, "generated-attacks")
	for _, row := range rows {
		name := filepath.Base(row[0])
		t.Run(name, func(t *testing.T) {
			doc := data(t, "xmldsig/"+row[0])
			opt := trusting(t, doc, xmlsig.Options{})
			opt.Profile = xmlsig.ProfileDocument
			code, known := want[name[:2]]
			r := xmlsig.Verify(nil, doc, opt)
			outcome, got := r.Verdict()
			if !known || got != code || (code == "") != (outcome == reason.Passed) || (code == "") != (len(r.Covered) > 0) {
				t.Errorf("got %v %q, want %q: %s\n%+v", outcome, got, code, outcomes(r), r.Checks)
			}
		})
	}
	if len(rows) != len(want) {
		t.Errorf("%d documents, %d expected", len(rows), len(want))
	}
}
