package xmlsig_test

import (
	"bytes"
	"cmp"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"kopir/xmlsig"
	"kopir/xmlsig/c14n"
	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/xmltree"
)

var update = flag.Bool("update", false, "write testdata/README.md and testdata/vectors anew")

// suiteTally is one line of the table: what became of the documents of a suite.
type suiteTally struct {
	suite             string
	verified, legacy  int // legacy: only when SHA-1 is let in
	refused           map[string]int
	negatives         int
	unconfirmed, open int // unconfirmed by any reference tool; of these verified here
	wrong             int
}

func (t *suiteTally) refuse(why string) {
	if t.refused == nil {
		t.refused = map[string]int{}
	}
	t.refused[why]++
}

// TestSuites walks every signature of the public suites and of the national samples: a valid
// one verifies or is refused for the reason the profile gives, an invalid one is refused.
func TestSuites(t *testing.T) {
	var lines []*suiteTally
	of := func(suite string) *suiteTally {
		if i := slices.IndexFunc(lines, func(l *suiteTally) bool { return l.suite == suite }); i >= 0 {
			return lines[i]
		}
		lines = append(lines, &suiteTally{suite: suite})
		return lines[len(lines)-1]
	}
	for _, row := range suiteRows(t, "signature") {
		doc, line := data(t, "xmldsig/"+row.path), of(row.suite())
		var problem string
		switch row.expected {
		case "valid":
			problem = walkValid(t, row, doc, line)
		case "valid-unconfirmed":
			line.unconfirmed++
			if _, verified := settle(t, row, doc); verified {
				line.open++
			}
		default:
			line.negatives++
			problem = walkNegative(t, row, doc)
		}
		if problem != "" {
			line.wrong++
			t.Errorf("%s (%s): %s", row.path, row.expected, problem)
		}
	}
	for _, row := range suiteRows(t, "xml-attack") {
		line := of(row.suite())
		line.negatives++
		if outcome, _ := verdict(string(data(t, "xmldsig/"+row.path)), xmlsig.Options{At: now}); outcome != reason.Failed {
			line.wrong++
			t.Errorf("%s: %v", row.path, outcome)
		}
	}
	walkNational(t, of("data/nca"))
	table := suitesTable(lines)
	t.Log("\n" + table)
	compareReadme(t, "suites", table)
	if len(lines) < 15 {
		t.Errorf("only %d suites", len(lines))
	}
}

// settle verifies a row as strictly as we can, then with SHA-1 let in.
func settle(t *testing.T, row suiteRow, doc []byte) (r xmlsig.Result, verified bool) {
	t.Helper()
	opt := row.options(t, doc)
	r = xmlsig.Verify(nil, doc, opt)
	if outcome, _ := r.Verdict(); outcome == reason.Passed {
		return r, true
	}
	opt.AllowSHA1 = true
	opt = withAnchors(opt, doc)
	r = xmlsig.Verify(nil, doc, opt)
	outcome, code := r.Verdict()
	return r, outcome == reason.Passed || outcome == reason.Failed && trustProblem(code) && len(r.Covered) > 0
}

// withAnchors trusts the certificates that are found now that SHA-1 is let in.
func withAnchors(opt xmlsig.Options, doc []byte) xmlsig.Options {
	for _, s := range xmlsig.Verify(nil, doc, opt).Signers {
		if s.Certificate != nil {
			opt.Trust.AddAnchor(s.Certificate, pki.PurposeGeneric)
		}
	}
	return opt
}

func walkValid(t *testing.T, row suiteRow, doc []byte, line *suiteTally) (problem string) {
	t.Helper()
	strict := xmlsig.Verify(nil, doc, row.options(t, doc))
	outcome, code := strict.Verdict()
	sha1 := strings.Contains(row.features, "sha1")
	if outcome == reason.Passed || trustProblem(code) && len(strict.Covered) > 0 {
		line.verified++
		if sha1 {
			return "SHA-1 passes though it is not let in"
		}
		return ""
	}
	r, verified := settle(t, row, doc)
	if verified {
		line.legacy++
		if !sha1 || code != reason.AlgorithmForbidden {
			return "verifies only with SHA-1: " + outcomes(strict)
		}
		return ""
	}
	_, code = r.Verdict()
	for _, p := range suitePolicies {
		if p.code == code && p.applies(row, doc) {
			line.refuse(p.words)
			return ""
		}
	}
	return fmt.Sprintf("refused for no reason of the table: %s %+v", outcomes(r), r.Checks)
}

// walkNegative wants a document refused even when its own certificates are trusted, its key is
// at hand and SHA-1 is let in. ProfileAny may find a part that is well signed; what travels on
// is then that part, and never the whole.
func walkNegative(t *testing.T, row suiteRow, doc []byte) (problem string) {
	t.Helper()
	opt := row.options(t, doc)
	opt.AllowSHA1 = row.expected != "refuse-policy"
	opt = withAnchors(opt, doc)
	r := xmlsig.Verify(nil, doc, opt)
	if outcome, _ := r.Verdict(); outcome == reason.Passed {
		for _, s := range r.Signers {
			if s.Covers == "document" {
				return "accepted: " + outcomes(r)
			}
		}
		if strings.Contains(string(r.Covered), "999999999999") {
			return "evil octets travel on"
		}
	}
	opt.Profile = xmlsig.ProfileDocument
	if outcome, _ := verdict(string(doc), opt); outcome == reason.Passed {
		return "accepted as document"
	}
	return ""
}

// TestC14NVectors holds the octets the recommendations give. What needs another encoding, a
// DTD or an XPath engine is beyond the gate and only counted.
func TestC14NVectors(t *testing.T) {
	methods := map[string]c14n.Method{"c14n10": c14n.C14N10, "c14n10+comments": c14n.C14N10Comments}
	var equal, nodeSets, doctypes, encodings, wrong int
	for _, line := range strings.Split(strings.TrimSpace(string(data(t, "xmldsig/C14N.tsv"))), "\n")[1:] {
		f := strings.Split(line, "\t")
		method, whole := methods[f[0]]
		if !whole || f[2] != "-" {
			nodeSets++
			continue
		}
		in := data(t, "xmldsig/"+f[1])
		tree, err := xmltree.Parse(in, xmltree.Limits{})
		if err != nil {
			switch code := reason.FromError("", 0, err, "").Code; {
			case code == reason.XMLForbidden && bytes.Contains(in, []byte("<!DOCTYPE")):
				doctypes++
			case code == reason.XMLForbidden && bytes.Contains(in, []byte("ISO-8859-1")):
				encodings++
			default:
				wrong++
				t.Errorf("%s: %v", f[1], err)
			}
			continue
		}
		got, err := c14n.Append(nil, tree, nil, method, c14n.Options{})
		if want := data(t, "xmldsig/"+f[3]); err != nil || strings.TrimRight(string(got), "\n") != strings.TrimRight(string(want), "\n") {
			wrong++
			t.Errorf("%s: %v\n%s", f[3], err, got)
			continue
		}
		equal++
	}
	compareReadme(t, "c14n", fmt.Sprintf("| equal octets | refused: DOCTYPE | refused: encoding | node-set by XPath, not supported | wrong |\n|---|---|---|---|---|\n| %d | %d | %d | %d | %d |\n",
		equal, doctypes, encodings, nodeSets, wrong))
}

// national finds the flags in the words of EXPECTED.tsv.
var nationalFlags = regexp.MustCompile(`--(at|anchor|profile|purpose) (\S+?)[:;]?(?: |$)`)

// walkNational holds the verdicts of EXPECTED.tsv, flags read from its words.
func walkNational(t *testing.T, line *suiteTally) {
	t.Helper()
	for _, row := range strings.Split(strings.TrimSpace(string(data(t, "nca/EXPECTED.tsv"))), "\n")[1:] {
		cells := strings.Split(row, "\t")
		folder := filepath.Dir(strings.Fields(cells[0])[0])
		for _, name := range strings.Fields(cells[0]) {
			name = filepath.Join(folder, filepath.Base(name))
			doc := data(t, "nca/"+name)
			opt := nationalOptions(t, doc, cells[2])
			r := xmlsig.Verify(nil, doc, opt)
			outcome, code := r.Verdict()
			want := reason.Code(strings.Trim(cells[3], "-"))
			if code != want || (want == "") != (outcome == reason.Passed) {
				line.wrong++
				t.Errorf("%s: %v %s, want %q", name, outcome, code, want)
			}
			switch {
			case strings.HasPrefix(cells[1], "invalid"):
				line.negatives++
			case outcome == reason.Passed:
				line.verified++
			case len(r.Covered) > 0:
				line.refuse("mathematics passes, " + strings.ReplaceAll(string(code), "_", " "))
			default:
				line.wrong++
				t.Errorf("%s: the mathematics fails: %s", name, outcomes(r))
			}
		}
	}
}

func nationalOptions(t *testing.T, doc []byte, words string) xmlsig.Options {
	t.Helper()
	purpose := pki.PurposeNational
	opt := xmlsig.Options{Profile: xmlsig.ProfileAny, Purpose: &purpose, At: at(t, "2026-10-15T00:00:00Z"), Trust: trustNCA(t)}
	own := true
	for _, flag := range nationalFlags.FindAllStringSubmatch(words, -1) {
		switch value := flag[2]; flag[1] {
		case "at":
			if len(value) == len("2006-01-02") {
				value += "T00:00:00Z"
			}
			opt.At, own = at(t, value), opt.At.Equal(at(t, value))
		case "anchor":
			if !strings.HasPrefix(value, "(") {
				opt.Trust, own = trustNCA(t, "nca/"+value), false
			}
		case "profile":
			if value == "wss" {
				opt.Profile = xmlsig.ProfileWSS
			}
		case "purpose":
			purpose = pki.PurposeGeneric
		}
	}
	switch {
	case strings.Contains(words, "the GOST signer is not yet valid"):
		opt.Trust = trustNCA(t, "nca/test/nca_rsa_test.crt")
	case own && !strings.HasPrefix(words, "failed"):
		if _, err := xmltree.Parse(doc, xmltree.Limits{}); err == nil {
			opt.Trust.AddAnchor(embedded(t, doc), pki.PurposeNational)
		}
	}
	return opt
}

func suitesTable(lines []*suiteTally) string {
	var b strings.Builder
	b.WriteString("| suite | verified | with SHA-1 let in | refused by policy, and why | negatives refused | unconfirmed, verified of | wrong |\n|---|---|---|---|---|---|---|\n")
	total := suiteTally{suite: "**all**"}
	write := func(l *suiteTally, why string) {
		fmt.Fprintf(&b, "| %s | %d | %d | %s | %d | %d of %d | %d |\n", l.suite, l.verified, l.legacy, why, l.negatives, l.open, l.unconfirmed, l.wrong)
	}
	for _, l := range lines {
		write(l, refusals(l.refused))
		total.verified, total.legacy, total.negatives = total.verified+l.verified, total.legacy+l.legacy, total.negatives+l.negatives
		total.open, total.unconfirmed, total.wrong = total.open+l.open, total.unconfirmed+l.unconfirmed, total.wrong+l.wrong
		for why, n := range l.refused {
			for range n {
				total.refuse(why)
			}
		}
	}
	write(&total, refusals(total.refused))
	return b.String()
}

// refusals are counted, the most frequent first.
func refusals(by map[string]int) string {
	reasons, sum := slices.Collect(maps.Keys(by)), 0
	slices.SortFunc(reasons, func(a, b string) int { return cmp.Or(by[b]-by[a], strings.Compare(a, b)) })
	for i, why := range reasons {
		sum += by[why]
		reasons[i] = fmt.Sprintf("%d × %s", by[why], why)
	}
	if sum == 0 {
		return "0"
	}
	return fmt.Sprintf("%d: %s", sum, strings.Join(reasons, "; "))
}

// readme holds generated tables between comments of a name.
const readme = "../testdata/README.md"

// compareReadme holds a table of the README to what was found; -update writes it.
func compareReadme(t *testing.T, name, table string) {
	t.Helper()
	b, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	open, end := "<!-- "+name+": made by go test ./xmlsig -update -->\n", "<!-- end of "+name+" -->"
	head, rest, found := strings.Cut(string(b), open)
	old, tail, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatalf("%s has no place for the table %s", readme, name)
	}
	switch {
	case old == table:
	case *update:
		if err := os.WriteFile(readme, []byte(head+open+table+end+tail), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("%s is not up to date (go test ./xmlsig -update). Now:\n%s", readme, table)
	}
}
