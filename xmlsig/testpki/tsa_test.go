package testpki_test

import (
	"bytes"
	"math/big"
	"testing"
	"time"

	"kopir/xmlsig/pki"
	"kopir/xmlsig/testpki"
	"kopir/xmlsig/tsp"
)

// TestStampsOfEveryFamilyVerify: an honest TSA's tokens pass, and its certificate has the national shape.
func TestStampsOfEveryFamilyVerify(t *testing.T) {
	for _, alg := range algorithms {
		ca := authority(t, alg)
		tsa, err := ca.IssueTSA(testpki.Profile{})
		if err != nil {
			t.Fatal(err)
		}
		if c := tsa.Certificate; !c.EKUCritical || len(c.EKU) != 1 || c.NotAfter.Sub(c.NotBefore) < 2*365*24*time.Hour {
			t.Errorf("%s: purposes %v, critical %v", alg, c.EKU, c.EKUCritical)
		}
		store := pki.NewStore()
		store.AddTrust(ca.Root)
		store.AddTrust(ca.Issuing)
		imprint, _ := tsp.Digest(tsp.SHA256, []byte("x"))
		request, err := tsp.NewRequest(imprint, tsp.SHA256, "1.2.3", big.NewInt(99))
		if err != nil {
			t.Fatal(err)
		}
		var serials [][]byte
		for range 2 {
			answer, err := tsa.Stamp(request, testpki.StampSpec{Now: now})
			if err != nil {
				t.Fatal(err)
			}
			token, err := tsp.ParseResponse(answer)
			if err != nil {
				t.Fatal(err)
			}
			opt := tsp.Options{Store: store, Data: []byte("x"), Nonce: big.NewInt(99), Policies: []string{"1.2.3"}, To: now}
			if got := token.Verify(opt); !got.Passed() {
				t.Errorf("%s: %+v", alg, got.Checks)
			}
			serials = append(serials, token.Serial.Bytes())
		}
		if bytes.Equal(serials[0], serials[1]) {
			t.Errorf("%s: two tokens with one serial number", alg)
		}
	}
}

func TestStampNeedsATime(t *testing.T) {
	tsa, err := authority(t, testpki.ECDSA).IssueTSA(testpki.Profile{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tsa.Stamp(nil, testpki.StampSpec{}); err == nil {
		t.Error("a stamp without a time")
	}
}
