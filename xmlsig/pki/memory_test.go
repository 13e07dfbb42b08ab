package pki_test

import (
	"testing"
	"time"

	"kopir/xmlsig/pki"
	"kopir/xmlsig/testpki"
)

// TestStoreRemembersWhatReachedAnAnchor: the same octets give the same certificate once a chain
// from it was found, until the store changes.
func TestStoreRemembersWhatReachedAnAnchor(t *testing.T) {
	ca, stranger := authority(t, testpki.ECDSA), authority(t, testpki.RSA)
	store := trusting(ca)
	known := func(der []byte) bool {
		t.Helper()
		a, errA := store.Parse(der)
		b, errB := store.Parse(der)
		if errA != nil || errB != nil {
			t.Fatal(errA, errB)
		}
		return a == b
	}
	leaf := issue(t, ca, testpki.Profile{}).Certificate
	if known(leaf.Raw) {
		t.Error("remembered before any chain was found")
	}
	if _, err := store.Chain(leaf, nil, now); err != nil {
		t.Fatal(err)
	}
	if !known(leaf.Raw) || !known(ca.Issuing.Raw) {
		t.Error("not remembered although an anchor was reached")
	}
	foreign := issue(t, stranger, testpki.Profile{}).Certificate
	if _, err := store.Chain(foreign, nil, now); err == nil || known(foreign.Raw) {
		t.Error("a stranger's certificate is remembered")
	}
	for name, change := range map[string]func(){
		"anchor":       func() { store.AddAnchor(ca.Root, pki.PurposeGeneric) },
		"intermediate": func() { store.AddIntermediate(stranger.Issuing) },
		"trust":        func() { store.AddTrust(ca.Issuing) },
	} {
		if _, err := store.Chain(leaf, nil, now); err != nil || !known(leaf.Raw) {
			t.Fatal(name, err)
		}
		if change(); known(leaf.Raw) {
			t.Errorf("%s: remembered although the store has changed", name)
		}
	}
}

// TestRememberedIsJudgedAnew: nothing that depends on the moment is remembered.
func TestRememberedIsJudgedAnew(t *testing.T) {
	ca := authority(t, testpki.GOST2004)
	store := trusting(ca)
	leaf := issue(t, ca, testpki.Profile{}).Certificate
	for range 40 { // past the point where the key gets a table
		if _, err := store.Chain(leaf, nil, now); err != nil {
			t.Fatal(err)
		}
		var err error
		if leaf, err = store.Parse(leaf.Raw); err != nil {
			t.Fatal(err)
		}
	}
	late := now.AddDate(100, 0, 0)
	if _, err := store.Chain(leaf, nil, late); err == nil {
		t.Error("the chain holds after its authorities have expired")
	}
	if err := leaf.CheckValidity(late); err == nil {
		t.Error("the certificate holds after it has expired")
	}
	changed := append([]byte(nil), leaf.Raw...)
	changed[len(changed)-1] ^= 1
	if c, err := store.Parse(changed); err == nil {
		if c == leaf {
			t.Fatal("other octets gave the remembered certificate")
		}
		if _, err := store.Chain(c, nil, now); err == nil {
			t.Error("a certificate with a broken signature reached an anchor")
		}
	}
}

// TestMemoryIsBounded meets more certificates than are remembered, and more keys than get a table.
func TestMemoryIsBounded(t *testing.T) {
	ca := authority(t, testpki.ECDSA)
	store := trusting(ca)
	var first *pki.Certificate
	for i := range 2*2048 + 10 {
		if i%64 != 0 && testing.Short() {
			continue
		}
		leaf := issue(t, ca, testpki.Profile{NotAfter: now.AddDate(1, 0, 0).Add(time.Duration(i) * time.Second)}).Certificate
		if _, err := store.Chain(leaf, nil, now); err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = leaf
		}
	}
	c, err := store.Parse(first.Raw)
	if err != nil || c == first != testing.Short() {
		t.Errorf("the first of very many certificates: remembered %v, %v", c == first, err)
	}
}
