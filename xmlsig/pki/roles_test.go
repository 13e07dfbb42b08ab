package pki_test

import (
	"slices"
	"testing"

	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/testpki"
)

// TestRolesAndIdentification reads every identifier of the registry that says something about the owner
// (facts/national-pki.md §1.3).
func TestRolesAndIdentification(t *testing.T) {
	tests := []struct {
		eku        []string
		roles      []string
		identified string
	}{
		{[]string{"1.2.398.3.3.4.1.1.1"}, []string{pki.RoleInformationSystem}, ""},
		{[]string{"1.2.398.3.3.4.1.2", "1.2.398.3.3.4.1.2.3"}, []string{pki.RoleLegalEntity, pki.RoleFinancialSignRight}, ""},
		{[]string{"1.2.398.3.3.4.1.2", "1.2.398.3.3.4.1.2.6.17"}, []string{pki.RoleLegalEntity, pki.RoleInformationSystem}, ""},
		{[]string{"1.2.398.3.3.4.1.2.6.164", "1.2.398.3.3.4.1.2.6.17"}, []string{pki.RoleInformationSystem}, ""},
		{[]string{"1.2.398.3.3.4.1.2.60"}, nil, ""}, // not below the systems
		{[]string{"1.2.398.5.19.1.2.2.1"}, []string{pki.RoleTreasuryClient}, ""},
		{[]string{"1.2.398.3.3.4.2.2"}, []string{pki.RoleCAStaff}, ""},
		{[]string{"1.2.398.3.17.3.2", "1.2.398.3.17.3.3"}, []string{pki.RoleLegalEntity, pki.RoleHead}, ""},
		{[]string{"1.2.398.3.17.3.8"}, nil, ""},
		{[]string{"1.2.398.3.2.3.4"}, []string{pki.RoleCivilServant}, ""},
		{[]string{"1.2.398.3.2.3.1", "1.2.398.3.2.3.2"}, []string{pki.RoleArchivist}, ""},
		{[]string{"1.2.398.3.3.4.1.1", "1.2.398.3.3.4.3.1"}, []string{pki.RoleIndividual}, "service_centre"},
		{[]string{"1.2.398.3.3.4.3.2.1", "1.2.398.3.3.4.3.2"}, nil, "digital_id"},
		{[]string{"1.2.398.3.3.4.3.2"}, nil, "remote"},
		{[]string{"1.2.398.3.3.4.3.2.2"}, nil, "ai_platform"},
		{nil, nil, ""},
	}
	for _, tt := range tests {
		c := pki.Certificate{EKU: tt.eku}
		if got := c.Roles(); !slices.Equal(got, tt.roles) || c.Identification() != tt.identified {
			t.Errorf("%v: %v, identified %q", tt.eku, got, c.Identification())
		}
	}
}

// TestPurposeByPolicy: a policy of the national CA for logging in or for servers rules a signer out, whatever its
// key usage says; other policies, or none, do not.
func TestPurposeByPolicy(t *testing.T) {
	ca := authority(t, testpki.ECDSA)
	for policy, want := range map[string]reason.Code{"": "", "1.2.398.3.3.2": "", "1.2.398.3.3.2.1": "", "1.2.398.3.3.2.3": "",
		"1.2.398.3.3.2.2": reason.PurposeWrong, "1.2.398.3.3.2.4": reason.PurposeWrong, "1.2.398.3.3.2.5": reason.PurposeWrong} {
		leaf := issue(t, ca, testpki.Profile{Mutate: func(c *testpki.Template) {
			if c.Policies = nil; policy != "" {
				c.Policies = []string{policy}
			}
		}}).Certificate
		wantCode(t, leaf.CheckPurpose(pki.PurposeNational), want)
		wantCode(t, leaf.CheckPurpose(pki.PurposeGeneric), "")
	}
}

// TestPurposeOfTheNearestAuthority: an accredited authority below the national root has signers of its own kind.
func TestPurposeOfTheNearestAuthority(t *testing.T) {
	ca := authority(t, testpki.ECDSA)
	sub := issue(t, ca, testpki.Profile{Kind: testpki.SubAuthority})
	below := issue(t, ca, testpki.Profile{Mutate: func(c *testpki.Template) { c.SignedBy(sub) }}).Certificate
	beside := issue(t, ca, testpki.Profile{}).Certificate
	store := trusting(ca)
	store.AddIntermediateFor(sub.Certificate, pki.PurposeGeneric)
	for leaf, want := range map[*pki.Certificate]pki.Purpose{below: pki.PurposeGeneric, beside: pki.PurposeNational} {
		chain, err := store.Chain(leaf, nil, now)
		if err != nil || store.PurposeFor(chain) != want {
			t.Errorf("purpose %s, want %s; %v", store.PurposeFor(chain), want, err)
		}
	}
	store.AddAnchor(sub.Certificate, pki.PurposeNational)
	store.AddIntermediateFor(sub.Certificate, pki.PurposeGeneric) // says nothing against the anchor
	if chain, err := store.Chain(below, nil, now); err != nil || len(chain) != 2 || store.PurposeFor(chain) != pki.PurposeNational {
		t.Errorf("%d certificates, %v", len(chain), err)
	}
	generic := pki.NewStore()
	generic.AddAnchor(ca.Root, pki.PurposeGeneric)
	if chain, err := generic.Chain(ca.Root, nil, now); err != nil || generic.PurposeFor(chain) != pki.PurposeGeneric {
		t.Errorf("the anchor itself: %v", err)
	}
}
