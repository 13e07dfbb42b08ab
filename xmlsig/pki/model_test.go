package pki_test

import (
	"testing"
	"time"

	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/testpki"
)

// TestModels: an authority between the issuing one and the leaf ends or begins too early or too late.
func TestModels(t *testing.T) {
	ca := authority(t, testpki.ECDSA)
	day := 24 * time.Hour
	tests := []struct {
		name                   string
		subFrom, subTo, leaf   time.Time // period of the authority; beginning of the leaf
		shell, chain, national reason.Code
	}{
		{"valid throughout", now.Add(-90 * day), now.Add(90 * day), now.Add(-10 * day), "", "", ""},
		{"expired since the leaf was issued", now.Add(-90 * day), now.Add(-day), now.Add(-10 * day), reason.ChainInvalid, "", ""},
		{"expired before the leaf was issued", now.Add(-90 * day), now.Add(-20 * day), now.Add(-10 * day), reason.ChainInvalid, reason.ChainInvalid, reason.ChainInvalid},
		{"began after the leaf was issued", now.Add(-5 * day), now.Add(90 * day), now.Add(-10 * day), "", reason.ChainInvalid, reason.ChainInvalid},
		{"older than the authorities above it", ca.Root.NotBefore.Add(-90 * day), now.Add(90 * day), now.Add(-10 * day), "", reason.ChainInvalid, reason.ChainInvalid},
		{"last second", now.Add(-90 * day), now.Add(-10 * day), now.Add(-10 * day), reason.ChainInvalid, "", ""},
	}
	for _, tt := range tests {
		sub := issue(t, ca, testpki.Profile{Kind: testpki.SubAuthority, NotBefore: tt.subFrom, NotAfter: tt.subTo})
		leaf := issue(t, ca, testpki.Profile{NotBefore: tt.leaf, NotAfter: now.Add(90 * day), Mutate: func(c *testpki.Template) { c.SignedBy(sub) }})
		for model, want := range map[pki.Model]reason.Code{pki.ModelShell: tt.shell, pki.ModelChain: tt.chain, pki.ModelNational: tt.national} {
			t.Run(tt.name+"/"+model.String(), func(t *testing.T) {
				store := trusting(ca)
				store.AddIntermediate(sub.Certificate)
				store.SetModel(model)
				for range 2 { // the second answer is a remembered one
					_, err := store.Chain(leaf.Certificate, nil, now)
					wantCode(t, err, want)
				}
			})
		}
	}
}

// TestModelOlderThanTheAnchor: the national model lets an authority be older than the anchor above it, and only that.
func TestModelOlderThanTheAnchor(t *testing.T) {
	ca := authority(t, testpki.ECDSA)
	sub := issue(t, ca, testpki.Profile{Kind: testpki.SubAuthority, NotBefore: ca.Issuing.NotBefore.AddDate(-1, 0, 0)})
	leaf := issue(t, ca, testpki.Profile{Mutate: func(c *testpki.Template) { c.SignedBy(sub) }}).Certificate
	for model, want := range map[pki.Model]reason.Code{pki.ModelShell: "", pki.ModelChain: reason.ChainInvalid, pki.ModelNational: ""} {
		store := pki.NewStore()
		store.AddAnchor(ca.Issuing, pki.PurposeNational)
		store.AddIntermediate(sub.Certificate)
		store.SetModel(model)
		_, err := store.Chain(leaf, nil, now)
		if wantCode(t, err, want); t.Failed() {
			t.Fatal(model)
		}
	}
}

// TestModelChangesWhatIsRemembered: a chain found under one model is judged anew under another.
func TestModelChangesWhatIsRemembered(t *testing.T) {
	ca := authority(t, testpki.ECDSA)
	store := trusting(ca)
	leaf := issue(t, ca, testpki.Profile{}).Certificate
	late := ca.Issuing.NotAfter.AddDate(1, 0, 0)
	for model, want := range map[pki.Model]reason.Code{pki.ModelShell: reason.ChainInvalid, pki.ModelChain: ""} {
		store.SetModel(model)
		for range 2 {
			_, err := store.Chain(leaf, nil, now)
			wantCode(t, err, "")
			_, err = store.Chain(leaf, nil, late)
			wantCode(t, err, want)
		}
	}
}

// TestRememberedChainsAreTheStoresOwn: what one sender brought along does not serve the next.
func TestRememberedChainsAreTheStoresOwn(t *testing.T) {
	ca := authority(t, testpki.ECDSA)
	sub := issue(t, ca, testpki.Profile{Kind: testpki.SubAuthority})
	leaf := issue(t, ca, testpki.Profile{Mutate: func(c *testpki.Template) { c.SignedBy(sub) }}).Certificate
	store := trusting(ca)
	for range 2 {
		_, err := store.Chain(leaf, []*pki.Certificate{sub.Certificate}, now)
		wantCode(t, err, "")
		_, err = store.Chain(leaf, nil, now)
		wantCode(t, err, reason.ChainUntrusted)
	}
}

func TestParseModel(t *testing.T) {
	for name, want := range map[string]pki.Model{"": pki.ModelShell, "shell": pki.ModelShell, "chain": pki.ModelChain, "national": pki.ModelNational} {
		if m, ok := pki.ParseModel(name); m != want || !ok {
			t.Errorf("%q: %v %v", name, m, ok)
		}
	}
	if _, ok := pki.ParseModel("hybrid"); ok {
		t.Error("an unknown model was taken")
	}
}
