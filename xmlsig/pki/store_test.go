package pki_test

import (
	"sync"
	"testing"
	"time"

	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/testpki"
)

func TestChainOfEveryAlgorithm(t *testing.T) {
	for _, alg := range algorithms {
		ca := authority(t, alg)
		leaf := issue(t, ca, testpki.Profile{}).Certificate
		chain, err := trusting(ca).Chain(leaf, nil, now)
		wantCode(t, err, "")
		if len(chain) != 3 || chain.Leaf() != leaf || chain.Anchor().SHA256 != ca.Root.SHA256 {
			t.Errorf("%s: chain of %d", alg, len(chain))
		}
	}
}

// TestAnchorThatIsNotSelfSigned: an anchor is trusted itself, whatever is above it.
func TestAnchorThatIsNotSelfSigned(t *testing.T) {
	ca := authority(t, testpki.ECDSA)
	store := pki.NewStore()
	store.AddAnchor(ca.Issuing, pki.PurposeGeneric)
	chain, err := store.Chain(issue(t, ca, testpki.Profile{}).Certificate, nil, now)
	wantCode(t, err, "")
	if len(chain) != 2 || store.PurposeOf(chain.Anchor()) != pki.PurposeGeneric {
		t.Errorf("chain of %d", len(chain))
	}
}

// TestOwnCertificateAsAnchor: trusting a signer's own certificate makes no
// chain (shared/data/nca/EXPECTED.tsv), unless it is an authority's.
func TestOwnCertificateAsAnchor(t *testing.T) {
	ca := authority(t, testpki.ECDSA)
	store := pki.NewStore()
	self := issue(t, ca, testpki.Profile{Mutate: func(c *testpki.Template) { c.Issuer = nil }}).Certificate
	store.AddAnchor(self, pki.PurposeNational)
	_, err := store.Chain(self, nil, now)
	wantCode(t, err, reason.ChainUntrusted)
	if store.AddTrust(self) {
		t.Error("a person's certificate was taken from a trust folder")
	}
	store.AddAnchor(ca.Root, pki.PurposeNational)
	chain, err := store.Chain(ca.Root, nil, now)
	wantCode(t, err, "")
	if len(chain) != 1 {
		t.Errorf("chain of %d", len(chain))
	}
	_, err = store.Chain(ca.Root, nil, now.Add(100*365*24*time.Hour))
	wantCode(t, err, reason.ChainInvalid)
}

func TestStoreSortsTrust(t *testing.T) {
	ca := authority(t, testpki.ECDSA)
	store := trusting(ca)
	store.AddTrust(ca.Root)
	store.AddTrust(ca.Issuing)
	if len(store.Anchors()) != 1 || len(store.Intermediates()) != 1 || !store.IsAnchor(ca.Root) || store.IsAnchor(ca.Issuing) {
		t.Errorf("%d anchors, %d intermediates", len(store.Anchors()), len(store.Intermediates()))
	}
	store.AddAnchor(ca.Root, pki.PurposeGeneric)
	if store.PurposeOf(ca.Root) != pki.PurposeGeneric || store.PurposeOf(ca.Issuing) != pki.PurposeNational {
		t.Error("purposes")
	}
}

// TestRememberedLinksAreStillJudged: a chain that was good at one moment is
// judged anew at another.
func TestRememberedLinksAreStillJudged(t *testing.T) {
	ca := authority(t, testpki.ECDSA)
	store := trusting(ca)
	leaf := issue(t, ca, testpki.Profile{}).Certificate
	for range 2 {
		_, err := store.Chain(leaf, nil, now)
		wantCode(t, err, "")
	}
	_, err := store.Chain(leaf, nil, ca.Issuing.NotAfter.Add(time.Second))
	wantCode(t, err, reason.ChainInvalid)
	_, err = trusting(authority(t, testpki.GOST512)).Chain(leaf, nil, now)
	wantCode(t, err, reason.ChainUntrusted)
}

func TestStoreFromManyGoroutines(t *testing.T) {
	ca := authority(t, testpki.ECDSA)
	store := trusting(ca)
	leaf := issue(t, ca, testpki.Profile{}).Certificate
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 20 {
				if _, err := store.Chain(leaf, nil, now); err != nil {
					t.Error(err)
				}
				store.AddAnchor(ca.Issuing, pki.PurposeNational)
			}
		})
	}
	wg.Wait()
}
