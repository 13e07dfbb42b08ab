package xmlsig_test

import (
	"bytes"
	"crypto"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"kopir/xmlsig"
	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
)

// vectorDir holds one fault a file: a header of "name: value" lines, a blank line, the document.
const vectorDir = "../testdata/vectors"

// vectorClasses are the attacks of facts/xmldsig.md §5 that touch XML, text, algorithms and
// keys. Each needs a file.
var vectorClasses = [...]string{
	"valid",
	"xsw1", "xsw2", "xsw3", "xsw4", "xsw5", "xsw6", "xsw7", "xsw8", "duplicate-id", "several-signatures", "partial-reference",
	"one-reference-checked", "manifest", "two-signedinfo", "comment-in-digestvalue", "parser-differential", "empty-canonical-form",
	"comment-injection", "pi-splitting", "cdata-entity", "namespace", "relative-namespace", "attribute-white-space",
	"duplicate-attribute", "not-well-formed", "outside-root", "encoding", "unicode", "dtd",
	"weak-hash", "algorithm-substitution", "hmac-confusion", "hmac-truncation", "keyinfo-injection", "retrieval-method",
	"transforms", "external-reference", "ecdsa", "gost", "rsa", "base64", "certificate",
}

// TestVectors verifies every file of testdata/vectors. With -update the generator writes them first.
func TestVectors(t *testing.T) {
	if *update {
		writeVectors(t)
	}
	files, err := filepath.Glob(filepath.Join(vectorDir, "*", "*.txt"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d vectors in %s, %v", len(files), vectorDir, err)
	}
	seen := map[string]int{}
	for _, file := range files {
		v := readVector(t, file)
		seen[v.class]++
		t.Run(v.class+"/"+v.name, func(t *testing.T) { runVector(t, v) })
	}
	for _, class := range vectorClasses {
		if seen[class] == 0 {
			t.Errorf("no vector of the class %s", class)
		}
		delete(seen, class)
	}
	for class := range seen {
		t.Errorf("the folder %s is no class", class)
	}
}

// TestVectorsAreTheGenerators holds the files to what the generator makes.
func TestVectorsAreTheGenerators(t *testing.T) {
	made := makeVectors(t)
	for name, want := range made {
		if got, err := os.ReadFile(filepath.Join(vectorDir, name)); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s differs from the generator's (go test ./xmlsig -run TestVectors -update): %v", name, err)
		}
	}
	err := filepath.WalkDir(vectorDir, func(path string, d fs.DirEntry, err error) error {
		name, _ := filepath.Rel(vectorDir, path)
		if err == nil && !d.IsDir() && made[filepath.ToSlash(name)] == nil && !strings.HasPrefix(name, "keys") {
			t.Errorf("nobody makes %s", name)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func runVector(t *testing.T, v vector) {
	opt := v.options(t)
	r := xmlsig.Verify(nil, []byte(v.doc), opt)
	outcome, code := r.Verdict()
	if code != v.expect || (v.expect == "") != (outcome == reason.Passed) {
		t.Errorf("%v %q, want %q: %s\nwhy: %s\n%+v\n%.2000s", outcome, code, v.expect, outcomes(r), v.why, r.Checks, v.doc)
	}
	if (v.expect == "") != (len(r.Covered) > 0) && v.class != "certificate" && len(r.Covered) > 0 && code != reason.ChainUntrusted {
		t.Errorf("octets of a refused document travel on: %.500s", r.Covered)
	}
	if strings.Contains(string(r.Covered), "evil") && code != reason.ChainUntrusted { // the attacker's own, and named as such
		t.Errorf("evil octets travel on: %s", r.Covered)
	}
}

func (v vector) options(t *testing.T) xmlsig.Options {
	t.Helper()
	trust, err := vectorTrust()
	if err != nil {
		t.Fatal(err)
	}
	opt := xmlsig.Options{At: now, Trust: trust, AllowSHA1: v.allow == "legacy-rsa-sha1"}
	opt.Profile = map[string]xmlsig.Profile{"": xmlsig.ProfileDocument, "document": xmlsig.ProfileDocument, "wss": xmlsig.ProfileWSS, "any": xmlsig.ProfileAny}[v.profile]
	if v.at != "" {
		opt.At = at(t, v.at)
	}
	if v.key != "" {
		opt.Key = vectorKey(t, v.key)
	}
	return opt
}

// vectorTrust is anchors.pem, read once: the keys of a store get faster with use.
var vectorTrust = sync.OnceValues(func() (*pki.Store, error) {
	b, err := os.ReadFile(filepath.Join(vectorDir, "anchors.pem"))
	if err != nil {
		return nil, err
	}
	anchors, err := pki.ParseAll(b)
	store := pki.NewStore()
	for _, c := range anchors {
		store.AddTrust(c)
	}
	return store, err
})

func vectorKey(t *testing.T, name string) crypto.PublicKey {
	t.Helper()
	block, _ := pem.Decode(mustRead(t, filepath.Join(vectorDir, name)))
	key, err := pki.ParsePublicKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func mustRead(t *testing.T, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// readVector takes a file apart. A header it does not know is a mistake, not a comment.
func readVector(t *testing.T, file string) vector {
	t.Helper()
	v := vector{class: filepath.Base(filepath.Dir(file)), name: strings.TrimSuffix(filepath.Base(file), ".txt")}
	header, doc, ok := strings.Cut(string(mustRead(t, file)), "\n\n")
	if !ok {
		t.Fatalf("%s has no blank line behind its header", file)
	}
	v.doc = doc
	expected := false
	for _, line := range strings.Split(header, "\n") {
		name, value, _ := strings.Cut(line, ": ")
		switch name {
		case "expect":
			expected = true
			if value != "passed" {
				v.expect = reason.Code(value)
			}
		case "profile":
			v.profile = value
		case "at":
			v.at = value
		case "why":
			v.why = value
		case "key":
			v.key = value
		case "allow":
			v.allow = value
		default:
			t.Fatalf("%s: unknown header %q", file, line)
		}
	}
	if !expected || v.why == "" {
		t.Fatalf("%s does not say what to expect and why", file)
	}
	return v
}

// write is readVector's counterpart.
func (v vector) write() []byte {
	var b bytes.Buffer
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%s: %s\n", name, value)
		}
	}
	expect := string(v.expect)
	if expect == "" {
		expect = "passed"
	}
	line("expect", expect)
	if line("profile", v.profile); v.profile == "" {
		line("profile", "document")
	}
	if line("at", v.at); v.at == "" {
		line("at", now.Format(time.RFC3339))
	}
	line("key", v.key)
	line("allow", v.allow)
	line("why", v.why)
	b.WriteString("\n" + v.doc)
	return b.Bytes()
}

// makeVectors gives the files of the folder by name.
func makeVectors(t *testing.T) map[string][]byte {
	t.Helper()
	m := newMaker(t)
	for _, recipes := range []func(*maker){
		(*maker).valid, (*maker).wrapping, (*maker).references, (*maker).text, (*maker).lexical, (*maker).algorithms,
		(*maker).values, (*maker).keys, (*maker).transforms, (*maker).certificates,
	} {
		recipes(m)
	}
	files := map[string][]byte{
		"anchors.pem":  append(m.ca.RootIdentity().PEM(), m.ca.IssuingIdentity().PEM()...),
		"gost-key.pem": m.person.PublicKeyPEM(), "rsa-key.pem": m.rsa.PublicKeyPEM(),
		"ecdsa-key.pem": m.p256.PublicKeyPEM(),
	}
	for _, v := range m.list {
		name := v.class + "/" + v.name + ".txt"
		if files[name] != nil {
			t.Errorf("two vectors %s", name)
		}
		files[name] = v.write()
	}
	return files
}

// writeVectors replaces the files.
func writeVectors(t *testing.T) {
	t.Helper()
	made := makeVectors(t)
	for _, class := range vectorClasses {
		if err := os.RemoveAll(filepath.Join(vectorDir, class)); err != nil {
			t.Fatal(err)
		}
	}
	for name, b := range made {
		path := filepath.Join(vectorDir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, b, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
}
