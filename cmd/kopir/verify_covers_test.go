package main

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kopir/xmlsig"
	"kopir/xmlsig/testpki"
)

// TestVerifyShowsWhatIsCovered: one line for each reference, one for each part that is left, and the same as JSON.
func TestVerifyShowsWhatIsCovered(t *testing.T) {
	ca, err := testpki.New(testpki.ECDSA, testpki.Options{Rand: rand.NewChaCha8([32]byte{1}), Now: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	person, err := ca.Issue(testpki.Profile{Kind: testpki.Person, IIN: testIIN})
	if err != nil {
		t.Fatal(err)
	}
	signed, err := xmlsig.Sign([]byte(`<application><person Id="p">a</person><person>b</person></application>`),
		xmlsig.Key{Signer: person.Key, Certificate: person.Certificate}, xmlsig.SignOptions{ID: "p"})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "signed.xml")
	if err := os.WriteFile(file, signed, 0o600); err != nil {
		t.Fatal(err)
	}
	text, _, _ := runVerify(t, strings.NewReader(""), "--profile", "any", file)
	for _, line := range []string{
		`    covers /application/person[1]; URI "#p"; 25 octets; the main one`,
		"  covered by nobody: /application (its own tag, and what stands in it beside covered parts)",
		"  covered by nobody: /application/person[2]",
	} {
		if !strings.Contains(text, line+"\n") {
			t.Errorf("no %q in\n%s", line, text)
		}
	}
	var got struct {
		Signers   []struct{ Coverage []xmlsig.Covered }
		Uncovered []xmlsig.Uncovered
	}
	out, _, _ := runVerify(t, strings.NewReader(""), "--json", "--profile", "any", file)
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]xmlsig.Covered{{URI: "#p", Path: "/application/person[1]", ID: "p", Octets: 25, Main: true}}, got.Signers[0].Coverage); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]xmlsig.Uncovered{{Path: "/application", Around: true}, {Path: "/application/person[2]"}}, got.Uncovered); diff != "" {
		t.Error(diff)
	}
}
