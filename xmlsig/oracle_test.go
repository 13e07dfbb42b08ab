package xmlsig_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"kopir/xmlsig"
	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/testpki"
)

// oraclePackages are the Debian packages the oracle needs.
const oraclePackages = "default-jdk-headless libxml-security-java libbcprov-java"

// oracleJars are what these packages put into /usr/share/java.
var oracleJars = []string{"xmlsec.jar", "bcprov.jar", "slf4j-api.jar", "commons-codec.jar"}

// oracle is one Java process with Apache Santuario and BouncyCastle in it (testdata/interop).
type oracle struct {
	dir  string
	in   io.Writer
	out  *bufio.Reader
	last int
}

// answer is what the oracle says about one document. covers is the shares that the references
// of each signature have: "document", "body" or "part", parted by commas.
type answer struct {
	verdict, details string
	covers           []string
}

func (a answer) String() string { return a.verdict + " " + a.details }

// valid tells whether every signature is, and covers what the profile wants covered.
func (a answer) valid(p xmlsig.Profile) bool {
	for _, c := range a.covers {
		switch {
		case p == xmlsig.ProfileDocument && !strings.Contains(c, "document"),
			p == xmlsig.ProfileWSS && !strings.Contains(c, "body"):
			return false
		}
	}
	return a.verdict == "valid"
}

// startOracle compiles the oracle and starts it once for the whole test.
func startOracle(t *testing.T) *oracle {
	t.Helper()
	var jars []string
	for _, name := range oracleJars {
		jar := filepath.Join("/usr/share/java", name)
		if _, err := os.Stat(jar); err != nil {
			t.Skipf("the oracle is not installed (%v): apt-get install %s", err, oraclePackages)
		}
		jars = append(jars, jar)
	}
	for _, program := range []string{"javac", "java"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("the oracle is not installed (%v): apt-get install %s", err, oraclePackages)
		}
	}
	o := &oracle{dir: t.TempDir()}
	classes := filepath.Join(o.dir, "classes")
	path := strings.Join(jars, ":")
	javac := exec.Command("javac", "-proc:none", "-cp", path, "-d", classes, "../testdata/interop/Oracle.java")
	if out, err := javac.CombinedOutput(); err != nil {
		t.Fatalf("javac: %v\n%s", err, out)
	}
	// SerialGC and one compiler: the machine's other cores belong to other tests.
	java := exec.Command("java", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", path+":"+classes, "Oracle")
	var complaints strings.Builder
	java.Stderr = &complaints
	in, err := java.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := java.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := java.Start(); err != nil {
		t.Fatal(err)
	}
	o.in, o.out = in, bufio.NewReader(out)
	t.Cleanup(func() {
		in.Close()
		if err := java.Wait(); err != nil {
			t.Errorf("java: %v\n%s", err, complaints.String())
		}
	})
	return o
}

// ask sends one command and reads the one line it is answered with.
func (o *oracle) ask(t *testing.T, words ...string) answer {
	t.Helper()
	if _, err := fmt.Fprintln(o.in, strings.Join(words, "\t")); err != nil {
		t.Fatal("the oracle is gone: ", err)
	}
	line, err := o.out.ReadString('\n')
	parts := strings.SplitN(strings.TrimSuffix(line, "\n"), "\t", 3)
	if err != nil || len(parts) != 3 || parts[0] != words[1] {
		t.Fatalf("the oracle answers %q, %v", line, err)
	}
	a := answer{verdict: parts[1], details: parts[2]}
	for _, d := range strings.Split(a.details, "[")[1:] {
		_, covers, _ := strings.Cut(d, " covers ")
		a.covers = append(a.covers, strings.TrimRight(covers, "] "))
	}
	return a
}

// file puts a document where the oracle can read it.
func (o *oracle) file(t *testing.T, doc string) string {
	t.Helper()
	name := o.path()
	if err := os.WriteFile(name, []byte(doc), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func (o *oracle) path() string {
	o.last++
	return filepath.Join(o.dir, fmt.Sprint(o.last, ".xml"))
}

// verify asks for the verdict on a document.
func (o *oracle) verify(t *testing.T, doc string, p xmlsig.Profile) answer {
	t.Helper()
	name := o.file(t, doc)
	defer os.Remove(name)
	mode := map[xmlsig.Profile]string{
		xmlsig.ProfileDocument: "verify", xmlsig.ProfileAny: "verify-any", xmlsig.ProfileWSS: "verify-wss",
	}[p]
	return o.ask(t, mode, name)
}

// made has the oracle write a document by a command whose options are given as key=value.
func (o *oracle) made(t *testing.T, command, doc string, id testpki.Identity, options ...string) (string, answer) {
	t.Helper()
	in, out, secret, cert := o.file(t, doc), o.path(), o.path(), o.path()
	raw, err := id.MarshalKey()
	if err != nil {
		t.Fatal(err)
	}
	write(t, secret, raw)
	write(t, cert, id.Certificate.Raw)
	defer func() {
		for _, name := range []string{in, out, secret, cert} {
			os.Remove(name)
		}
	}()
	a := o.ask(t, append([]string{command, out, "in=" + in, "key=" + secret, "cert=" + cert}, options...)...)
	if a.verdict != "done" {
		return "", a
	}
	b, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return string(b), a
}

// stopped is the first of the five checks of the mathematics that did not pass, the zero Check
// if all did. Chain, validity and purpose are not the oracle's business.
func stopped(r xmlsig.Result) reason.Check {
	var first reason.Check
	seen := 0
	for _, c := range r.Checks {
		switch c.Name {
		case reason.CheckXML, reason.CheckSignature, reason.CheckDigest, reason.CheckCoverage, reason.CheckAlgorithm:
			seen++
			if c.Outcome == reason.Failed && first.Outcome != reason.Failed || c.Outcome != reason.Passed && first.Name == "" {
				first = c
			}
		case reason.CheckChain: // the certificate may be why nothing could be computed
			if c.Outcome == reason.Failed && c.Code == reason.CertificateMalformed && first.Outcome == reason.Inconclusive && first.Name != "" {
				first = c
			}
		}
	}
	if first.Name == "" && (seen < 5 || len(r.Covered) == 0) {
		first = reason.Unknown(reason.CheckXML, 0, "", "no octets travel on")
	}
	return first
}

// oraclePolicy is a class of documents that are valid to Santuario and refused here on purpose.
type oraclePolicy struct {
	code   reason.Code
	detail string // how the detail of the check begins
	why    string
	only   func(doc string) bool // nil: any document
}

// oraclePolicies is the whole list: a refusal of a valid document that is not in it is a failure.
// A document that is invalid to the oracle and passes here has no excuse.
var oraclePolicies = []oraclePolicy{
	{reason.XMLForbidden, "a DOCTYPE is not let in", "entities and default attributes change what is read", nil},
	{reason.XMLForbidden, "only UTF-8 is let in", "other encodings are read differently by programs downstream", nil},
	{reason.XMLForbidden, "only XML 1.0 is let in", "XML 1.1 has other characters and line ends", nil},
	{reason.XMLForbidden, "a comment stands inside the text of an element", "<iin>1<!-- -->2</iin> is 1 to some and 12 to others", nil},
	{reason.XMLForbidden, "a line end or tab stands inside an attribute value", "not every program makes a space of it", nil},
	{reason.SignatureMalformed, "a value is not base64", "Java's MIME decoder passes over whatever is not of the alphabet", nil},
	{reason.SignatureMalformed, "text stands between the parts of the signature", "Santuario looks at elements only; no honest program writes any", nil},
	{reason.SignatureMalformed, "text stands between the parts of SignedInfo", "as above", nil},
	{reason.SignatureMalformed, "a reference is not made of Transforms, DigestMethod and DigestValue", "as above: text between them", nil},
	{reason.SignatureMalformed, "Transforms holds no transform, or text", "as above", nil},
	{reason.SignatureMalformed, "a part of SignedInfo is doubled, misplaced or unknown", "Santuario looks for the elements it knows and passes over others", nil},
	{reason.SignatureMalformed, "a part of the signature is doubled, misplaced or unknown", "as above", nil},
	{reason.SignatureMalformed, "a canonicalisation holds text", "as above", nil},
	{reason.SignatureMalformed, "a canonicalisation has a parameter it does not know", "as above", nil},
	{reason.SignatureMalformed, "enveloped-signature has a parameter", "as above", nil},
	{reason.SignatureMalformed, "DigestMethod is not empty", "as above", nil},
	{reason.SignatureMalformed, "a base64 value holds markup", "as above: an instruction inside", nil},
	{reason.AlgorithmForbidden, "the signature algorithm has a parameter", "as above", nil},
	{reason.SignatureMalformed, "KeyInfo does not say which of its certificates is the signer's", "Santuario takes the first of several that are no chain", nil},
	{reason.SignatureMalformed, "a part of Transforms is unknown", "as above", nil},
	{reason.AlgorithmForbidden, "a transform is neither enveloped-signature nor a canonicalisation", "XPath, XSLT and base64 sign something else than what is shown", nil},
	{reason.AlgorithmForbidden, "there are more transforms than enveloped-signature and one canonicalisation", "as above; one canonicalisation is enough for anybody", nil},
	{reason.AlgorithmForbidden, "the digest algorithm is not allowed", "SHA-1", nil},
	{reason.AlgorithmForbidden, "the digest algorithm does not go with the signature algorithm", "a national signature over a foreign digest, or the other way round, was made by no honest program", nil},
	{reason.AlgorithmForbidden, "parameter set of the national key", "the oracle looks at the curve only, not at the digest beside it", nil},
	{reason.SignatureInvalid, "", "Santuario reads an ECDSA value of an odd number of octets as if the last were not there", hasOddECDSA},
	{reason.CertificateMalformed, "", "a damaged certificate chains to nothing, and BouncyCastle reads only its key", nil},
}

// hasOddECDSA tells whether there is an ECDSA signature value of an odd number of octets.
func hasOddECDSA(doc string) bool {
	for _, sig := range reSignature.FindAllString(doc, -1) {
		if m := reSigValue.FindStringSubmatch(sig); m != nil && strings.Contains(sig, "#ecdsa-") && len(unbase64(m[1]))%2 == 1 {
			return true
		}
	}
	return false
}

// reLine is where the gate says it stopped.
var reLine = regexp.MustCompile(`^line \d+: `)

// excuse finds the policy a check falls under.
func excuse(c reason.Check, doc string) (oraclePolicy, bool) {
	detail := reLine.ReplaceAllString(c.Detail, "")
	for _, p := range oraclePolicies {
		if p.code == c.Code && strings.HasPrefix(detail, p.detail) && (p.only == nil || p.only(doc)) {
			return p, true
		}
	}
	return oraclePolicy{}, false
}

// judged is how two verdicts on one document relate.
type judged uint8

const (
	bothValid judged = iota
	bothInvalid
	refusedByPolicy
	wronglyRefused
	wronglyPassed
)

// judge compares our verdict with the oracle's.
func judge(doc string, r xmlsig.Result, a answer, p xmlsig.Profile) (judged, reason.Check) {
	ours := stopped(r)
	switch valid := a.valid(p); {
	case ours.Name == "" && valid:
		return bothValid, ours
	case ours.Name == "":
		return wronglyPassed, ours
	case !valid:
		return bothInvalid, ours
	}
	if _, ok := excuse(ours, doc); ok {
		return refusedByPolicy, ours
	}
	return wronglyRefused, ours
}

// TestOracle compares this package with Apache Santuario in every way there is: what one makes
// the other must accept, and what is broken both must refuse.
func TestOracle(t *testing.T) {
	o := startOracle(t)
	c := newCast(t)
	ours, theirs := c.ours(t, oracleKeys(c.people)...), c.oracles(t, o)
	t.Run("accepts what we sign", func(t *testing.T) { oracleAcceptsOurs(t, o, c, ours) })
	t.Run("signs what we accept", func(t *testing.T) { weAcceptOracles(t, o, c, theirs) })
	t.Run("agrees on national documents", func(t *testing.T) { agreeOnNational(t, o) })
	t.Run("knows the faults of the oracle", func(t *testing.T) { oracleFaults(t, o, c) })
	pool := slices.DeleteFunc(append(ours, theirs...), func(s specimen) bool { return oracleErrs(s.text) })
	t.Run("agrees on mutations", func(t *testing.T) { agreeOnMutations(t, o, c, pool) })
	t.Run("agrees on signed oddities", func(t *testing.T) { agreeOnOddities(t, o, c, pool) })
}

func oracleAcceptsOurs(t *testing.T, o *oracle, c *cast, docs []specimen) {
	for _, d := range docs {
		a := o.verify(t, d.text, d.profile)
		if kind, check := judge(d.text, c.verify(d.text, d.profile), a, d.profile); kind != bothValid {
			t.Errorf("%s: the oracle says %s, we stop at %+v\n%s", d.name, a, check, d.text)
		}
	}
	t.Logf("%d documents", len(docs))
}

func weAcceptOracles(t *testing.T, o *oracle, c *cast, docs []specimen) {
	for _, d := range docs {
		r := c.verify(d.text, d.profile)
		if got, _ := r.Verdict(); got != reason.Passed || len(r.Covered) == 0 {
			t.Errorf("%s: %s\n%+v\n%s", d.name, outcomes(r), r.Checks, d.text)
		}
		if a := o.verify(t, d.text, d.profile); !a.valid(d.profile) {
			t.Errorf("%s: the oracle does not accept its own: %s", d.name, a)
		}
	}
	t.Logf("%d documents", len(docs))
}

func agreeOnNational(t *testing.T, o *oracle) {
	data(t, "nca/EXPECTED.tsv") // skips where the material is not
	var files []string
	for _, pattern := range []string{"nca/xml/*.xml", "nca/xml-variants/*.xml"} {
		names, err := filepath.Glob(filepath.Join(sharedData, pattern))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, names...)
	}
	counts := map[judged]int{}
	for _, name := range files {
		doc, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range []xmlsig.Profile{xmlsig.ProfileDocument, xmlsig.ProfileAny, xmlsig.ProfileWSS} {
			if p == xmlsig.ProfileWSS != strings.Contains(name, "WSSE") && p != xmlsig.ProfileAny {
				continue
			}
			a := o.verify(t, string(doc), p)
			kind, check := judge(string(doc), xmlsig.Verify(nil, doc, xmlsig.Options{Profile: p, At: now, Trust: pki.NewStore()}), a, p)
			counts[kind]++
			if kind >= wronglyRefused {
				t.Errorf("%s, profile %d: the oracle says %s, we stop at %+v", name, p, a, check)
			}
		}
	}
	if len(files) == 0 || counts[bothValid] == 0 || counts[bothInvalid] == 0 {
		t.Errorf("%d documents, %v", len(files), counts)
	}
	t.Logf("%d documents: %d verdicts valid, %d invalid, %d refused by policy", len(files), counts[bothValid], counts[bothInvalid], counts[refusedByPolicy])
}
