package main

import (
	"crypto/rand"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kopir/xmlsig/testpki"
	"kopir/xmlsig/tsp"
)

// TestInspectExplainsTimestamps: answers, bare tokens, refusals, and what is wrong with them.
func TestInspectExplainsTimestamps(t *testing.T) {
	ca, err := testpki.New(testpki.ECDSA, testpki.Options{Rand: rand.Reader, Now: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	request, err := tsp.NewRequest(make([]byte, 32), tsp.SHA256, "", big.NewInt(7))
	if err != nil {
		t.Fatal(err)
	}
	show := func(tsa *testpki.TimeStamper, s testpki.StampSpec, change func([]byte) []byte) string {
		s.Now = time.Now()
		b, err := tsa.Stamp(request, s)
		if err != nil {
			t.Fatal(err)
		}
		if change != nil {
			b = change(b)
		}
		path := filepath.Join(t.TempDir(), "stamp.tsr")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		out, warnings, exit := runInspect(t, InspectCmd{Files: []string{path}})
		if exit != 0 {
			t.Errorf("exit code %d, %s", exit, warnings)
		}
		return out
	}
	bare := func(b []byte) []byte {
		token, err := tsp.ParseResponse(b)
		if err != nil {
			t.Fatal(err)
		}
		return token.Raw
	}
	broken := func(b []byte) []byte { b[len(b)-1] ^= 1; return b }
	honest, err := ca.IssueTSA(testpki.Profile{})
	if err != nil {
		t.Fatal(err)
	}
	plain, err := ca.IssueTSA(testpki.Profile{Mutate: func(m *testpki.Template) { m.EKU = nil }})
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct{ out, want string }{
		"answer":  {show(honest, testpki.StampSpec{Accuracy: time.Second}, nil), "made by          SHA-256"},
		"token":   {show(honest, testpki.StampSpec{}, bare), "signature        good"},
		"refusal": {show(honest, testpki.StampSpec{Status: 2, Failure: testpki.FailSystem}, nil), "systemFailure"},
		"broken":  {show(honest, testpki.StampSpec{}, broken), "does not verify"},
		"purpose": {show(plain, testpki.StampSpec{}, nil), "not for time stamping"},
	} {
		if !strings.Contains(tt.out, "time stamp") || !strings.Contains(tt.out, tt.want) {
			t.Errorf("%s: want %q in\n%s", name, tt.want, tt.out)
		}
	}
}
