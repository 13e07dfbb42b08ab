package xmlsig_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kopir/xmlsig"
	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/xmltree"
)

// sharedData is collected material, read in place and never copied.
const sharedData = "../../shared/data"

func data(t testing.TB, name string) []byte {
	t.Helper()
	if _, err := os.Stat(sharedData); err != nil {
		t.Skip("the shared material is not here: ", sharedData)
	}
	b, err := os.ReadFile(filepath.Join(sharedData, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func certificates(t testing.TB, name string) []*pki.Certificate {
	t.Helper()
	all, err := pki.ParseAll(data(t, name))
	if err != nil {
		t.Fatal(name, err)
	}
	return all
}

func at(t testing.TB, s string) time.Time {
	t.Helper()
	m, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// trustNCA is what `--trust data/nca/test` loads, plus the anchors given.
func trustNCA(t testing.TB, anchors ...string) *pki.Store {
	t.Helper()
	store := pki.NewStore()
	for _, name := range []string{"root_test_gost_2022.cer", "nca_gost2015_test.cer", "nca_gost_test.crt", "nca_rsa_test.crt"} {
		for _, c := range certificates(t, "nca/test/"+name) {
			store.AddTrust(c)
		}
	}
	for _, name := range anchors {
		for _, c := range certificates(t, name) {
			store.AddAnchor(c, pki.PurposeNational)
		}
	}
	return store
}

// embedded is the first certificate a document brings.
func embedded(t testing.TB, doc []byte) *pki.Certificate {
	t.Helper()
	r := xmlsig.Verify(nil, doc, xmlsig.Options{Profile: xmlsig.ProfileAny})
	if len(r.Signers) == 0 || r.Signers[0].Certificate == nil {
		t.Fatal("the document brings no certificate")
	}
	return r.Signers[0].Certificate
}

// outcomes is a result in one line: "xml+ signature+ digest- …" and the code.
func outcomes(r xmlsig.Result) string {
	marks := map[reason.Outcome]string{reason.Passed: "+", reason.Failed: "-", reason.Inconclusive: "?", reason.NotApplicable: "o"}
	var parts []string
	for _, c := range r.Checks {
		parts = append(parts, c.Name+marks[c.Outcome])
	}
	verdict, code := r.Verdict()
	return verdict.String() + " " + string(code) + " " + strings.Join(parts, " ")
}

const mathPassed = "xml+ signature+ digest+ coverage+ algorithm+"

// TestNationalDocuments holds every row of EXPECTED.tsv.
func TestNationalDocuments(t *testing.T) {
	const self, rsa = "(own)", "nca/test/nca_rsa_test.crt"
	untrusted := "failed chain_untrusted " + mathPassed
	tests := []struct {
		file, at, anchor string
		profile          xmlsig.Profile
		purpose          pki.Purpose
		want             string
		comments         int
	}{
		{file: "xml/ncalayerrs_simple.xml", anchor: self, want: untrusted},
		{file: "xml/ncalayerrs_xpath.xml", anchor: self, profile: xmlsig.ProfileAny, want: untrusted},
		{file: "xml/ncalayerrs_xpath.xml", anchor: self, want: "failed coverage_partial xml+ signature+ digest+ coverage-"},
		{file: "xml/mitwork_90af39a.xml", at: "2024-03-01T00:00:00Z", want: "passed  " + mathPassed + " chain+ validity+ purpose+"},
		{file: "xml/malikzh_XML_SIGNED_VALID_STRING.xml", at: "2021-06-01T00:00:00Z", anchor: rsa, want: "passed  " + mathPassed + " chain+ validity+ purpose+"},
		{file: "xml/malikzh_XML_SIGNED_VALID_STRING_TWO_SIGNERS.xml", at: "2021-06-01T00:00:00Z", anchor: rsa,
			want: "failed certificate_not_yet_valid xml+ signature+ signature+ digest+ digest+ coverage+ coverage+ algorithm+ algorithm+ chain+ chain+ validity+ validity- purpose+ purpose+"},
		{file: "xml/malikzh_WSSE_XML_SIGNED_STRING.xml", at: "2021-06-01T00:00:00Z", anchor: rsa, profile: xmlsig.ProfileWSS,
			purpose: pki.PurposeGeneric, want: "passed  " + mathPassed + " chain+ validity+ purpose+"},
		{file: "xml-variants/attr_ws.xml", anchor: self, want: untrusted},
		{file: "xml-variants/bom.xml", anchor: self, want: untrusted},
		{file: "xml-variants/cdata.xml", anchor: self, want: untrusted},
		{file: "xml-variants/crlf_file.xml", anchor: self, want: untrusted},
		{file: "xml-variants/comment_before.xml", anchor: self, want: untrusted, comments: 1},
		{file: "xml-variants/comment_in_signedinfo.xml", anchor: self, want: untrusted, comments: 1},
		{file: "xml-variants/comment_in_root.xml", anchor: self, want: untrusted, comments: 1},
		{file: "xml-variants/doctype_default_attr.xml", want: "failed xml_forbidden xml- signature? digest?"},
		{file: "xml-variants/pi_in_root.xml", anchor: self, want: "failed digest_mismatch xml+ signature+ digest- coverage+ algorithm+"},
		{file: "xml-variants/stripped_cr.xml", anchor: self, want: "failed signature_invalid xml+ signature- digest+ coverage+ algorithm+"},
		{file: "xml-variants/tampered.xml", anchor: self, want: "failed digest_mismatch xml+ signature+ digest- coverage+ algorithm+"},
	}
	named := map[string]bool{}
	for _, tt := range tests {
		named[filepath.Base(tt.file)] = true
		t.Run(tt.file, func(t *testing.T) {
			doc := data(t, "nca/"+tt.file)
			opt := xmlsig.Options{Profile: tt.profile, Purpose: &tt.purpose, At: at(t, "2026-10-15T00:00:00Z"), Trust: trustNCA(t)}
			switch tt.anchor {
			case self:
				opt.Trust.AddAnchor(embedded(t, doc), pki.PurposeNational)
			case "":
			default:
				opt.Trust = trustNCA(t, tt.anchor)
			}
			if tt.at != "" {
				opt.At = at(t, tt.at)
			}
			r := xmlsig.Verify([]byte("kept"), doc, opt)
			if got := outcomes(r); !strings.HasPrefix(got, tt.want) {
				t.Errorf("got  %s\nwant %s\n%+v", got, tt.want, r.Checks)
			}
			if r.CommentsSeen != tt.comments {
				t.Errorf("%d comments seen, want %d", r.CommentsSeen, tt.comments)
			}
			checkCovered(t, r, strings.Contains(tt.want, "algorithm+") && !strings.ContainsAny(tt.want[strings.Index(tt.want, "xml"):strings.Index(tt.want, "algorithm+")], "-?"))
		})
	}
	for _, line := range strings.Split(string(data(t, "nca/EXPECTED.tsv")), "\n")[1:] {
		files, _, _ := strings.Cut(line, "\t")
		for _, f := range strings.Fields(files) {
			if !named[filepath.Base(f)] {
				t.Errorf("no test names %s", f)
			}
		}
	}
}

// checkCovered wants dst kept and, if and only if octets may travel, a document behind it.
func checkCovered(t *testing.T, r xmlsig.Result, travels bool) {
	t.Helper()
	covered, kept := strings.CutPrefix(string(r.Covered), "kept")
	if !kept {
		t.Fatalf("dst is gone: %q", r.Covered)
	}
	if !travels {
		if covered != "" {
			t.Errorf("octets travel on though a check failed: %q", covered)
		}
		return
	}
	if _, err := xmltree.Parse([]byte(covered), xmltree.Limits{}); err != nil {
		t.Errorf("the covered octets are no document: %v\n%q", err, covered)
	}
}
