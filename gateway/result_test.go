package gateway

import (
	"crypto/rand"
	"fmt"
	"testing"
	"time"

	"kopir/xmlsig"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/testpki"
)

// resultOf is the head's signed answer to a case.
func (d *desk) resultOf(number string) []byte {
	d.t.Helper()
	head := must(must(people())(d.t).Issue(testpki.Profile{Kind: testpki.Head, CommonName: "БАСШЫ ҮЛГІ", IIN: "000230500504", BIN: oneBIN}))(d.t)
	doc := fmt.Sprintf(`<r:Result xmlns:r="%s"><Number>%s</Number><Service>%s</Service><IIN>%s</IIN><Outcome>positive</Outcome>`+
		`<TextKk>а</TextKk><TextRu>а</TextRu><DecidedAt>2026-11-23T12:00:00+05:00</DecidedAt></r:Result>`, ResultNamespace, number, oneService, oneIIN)
	return must(xmlsig.Sign([]byte(doc), xmlsig.Key{Signer: head.Key, Certificate: head.Certificate}, xmlsig.SignOptions{Rand: rand.Reader}))(d.t)
}

// TestResultsAndTheClock: a clock in doubt takes no result; what it could not decide is sent again. A fresh
// OCSP answer that agrees with the machine's clock ends the doubt.
func TestResultsAndTheClock(t *testing.T) {
	for _, tt := range []struct {
		name      string
		ocsp, crl string
		back, off time.Duration
		want      Code
	}{
		{"in order", good, good, 0, 0, ""},
		{"back a minute", silent, good, time.Minute, 0, ""},
		{"back an hour, only a list speaks", silent, good, time.Hour, 0, reason.RevocationUnknown},
		{"back an hour, OCSP agrees", good, good, time.Hour, 0, ""},
		{"the responder is ten minutes ahead", good, good, 0, 10 * time.Minute, reason.RevocationUnknown},
		{"nobody speaks", silent, silent, 0, 0, reason.RevocationUnknown},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &sources{ocsp: good, crl: good}
			d := newDesk(t, "", online(t, s))
			d.ledger.latest = morning
			a := d.submit()
			c := d.get(a.Number)
			c.State, c.Attempt = StateInWork, 1
			d.ledger.cases[a.Number] = c
			s.ocsp, s.crl, s.off = tt.ocsp, tt.crl, tt.off
			d.now = d.now.Add(-tt.back)
			caller := Caller{ID: "district", Kind: CallerProvider, Providers: []string{"school"}}
			_, err := d.work.Result(t.Context(), caller, a.Number, 1, d.resultOf(a.Number))
			want := StateCompleted
			if tt.want != "" {
				want = StateInWork
			}
			if code := codeOf(err); err != nil && code != tt.want || (err == nil) != (tt.want == "") || d.get(a.Number).State != want {
				t.Errorf("%v, the case is %s", err, d.get(a.Number).State)
			}
		})
	}
}
