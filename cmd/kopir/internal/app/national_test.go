package app

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"kopir/adapters/keystore"
	"kopir/cmd/kopir/internal/config"
	"kopir/xmlsig"
	"kopir/xmlsig/reason"
)

// national is the data of the national TEST PKI, read in place.
const national = "../../../../../shared/data/nca"

// testPassword opens the TEST containers the national CA ships in its SDK.
const testPassword = "Qwerty12"

// TestApplicationSignedWithTheRealTestKey sends applications signed with the national CA's own TEST
// keys through the running gateway: the issuing CA is the anchor, its real list of 2026 the status
// source, the clock stands inside the list's time.
func TestApplicationSignedWithTheRealTestKey(t *testing.T) {
	if _, err := os.Stat(national); err != nil {
		t.Skip("../shared/data/nca is absent: the national TEST keys are read in place and not part of the project")
	}
	list, err := os.ReadFile(filepath.Join(national, "crl", "nca_gost2022_test.2026.crl"))
	if err != nil {
		t.Fatal(err)
	}
	lists := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(list) }))
	t.Cleanup(lists.Close)
	inside := time.Date(2026, 10, 15, 10, 0, 0, 0, time.UTC) // the list holds from 11.08.2026 to 07.02.2027
	s := newStage(t, func(c *config.Config) {
		c.Trust.Anchors = []string{filepath.Join(national, "test", "nca_gost2015_test.cer")}
		c.Status = config.Status{CRL: []string{lists.URL + "/nca.crl"}, Timeout: time.Second}
	})
	s.offset.Store(int64(time.Until(inside)))
	ctx := context.Background()

	valid := s.national("individual_valid_individual_valid.p12")
	r, err := s.portal.Submit(ctx, "valid", s.signed(valid, valid.Certificate.Subject.IIN, nil))
	if err != nil || r.Decision != "accepted" {
		t.Fatalf("the valid TEST key: %+v %v", r, err)
	}
	revoked := s.national("individual_revoked_individual_revoked.p12")
	_, err = s.portal.Submit(ctx, "revoked", s.signed(revoked, revoked.Certificate.Subject.IIN, nil))
	refusedWith(t, err, reason.CertificateRevoked)
	_, err = s.portal.Submit(ctx, "mismatch", s.signed(valid, "000230500003", nil))
	refusedWith(t, err, reason.IINMismatch)
}

func (s *stage) national(name string) xmlsig.Key {
	s.t.Helper()
	id, err := keystore.OpenFile(filepath.Join(national, "p12", name), testPassword)
	if err != nil {
		s.t.Fatal(err)
	}
	doc, err := xmlsig.Sign([]byte("<a/>"), xmlsig.Key{Signer: id.Key, Certificate: id.Certificate}, xmlsig.SignOptions{Rand: rand.Reader})
	if err != nil || len(doc) == 0 {
		s.t.Fatal(err)
	}
	return xmlsig.Key{Signer: id.Key, Certificate: id.Certificate}
}
