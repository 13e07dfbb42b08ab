package catalogue

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"kopir/schemas"
	"kopir/xmlsig/revocation"
)

const approved = "\n  approved: {by: Үлгі Сынақов, position: басшы, date: \"2026-11-20\", document: order No 12}"

// ruled is a service with this text in the place of its revocation section.
func ruled(t *testing.T, section string) (*Catalogue, int, error) {
	t.Helper()
	const file = "services/adoption-payment.yaml"
	b, err := fs.ReadFile(schemas.FS, file)
	if err != nil {
		t.Fatal(err)
	}
	text := string(b) + "revocation:" + section + "\n"
	c, err := Load(fstest.MapFS{file: {Data: []byte(text)}})
	return c, strings.Count(string(b), "\n") + 1, err
}

func TestRevocationRules(t *testing.T) {
	plain := DefaultRevocation()
	changed := func(change func(*Revocation)) Revocation {
		r := DefaultRevocation()
		change(&r)
		return r
	}
	tests := []struct {
		name, section string
		want          Revocation
		text          string
	}{
		{"nothing said", "", plain, "ocsp,crl unknown=park"},
		{"an empty section", " {}", plain, "ocsp,crl unknown=park"},
		{"lists first, half an hour", " {order: [crl, ocsp], freshness: 30m}", changed(func(r *Revocation) {
			r.Sources = revocation.Policy{Order: []string{"crl", "ocsp"}, Freshness: 30 * time.Minute}
		}), "crl,ocsp freshness=30m unknown=park"},
		{"both", " {order: both, freshness: 1h, escalate: 48h}", changed(func(r *Revocation) {
			r.Sources.All, r.Sources.Freshness, r.Escalate = true, time.Hour, 48*time.Hour
		}), "ocsp+crl freshness=1h unknown=park"},
		{"refused at the due time", " {order: [ocsp], final: refuse}", changed(func(r *Revocation) {
			r.Sources.Order, r.Final = []string{"ocsp"}, FinalRefuse
		}), "ocsp unknown=park final=refuse"},
		{"refused at once", " {unknown: refuse, freshness: 1h30m}", changed(func(r *Revocation) {
			r.Unknown, r.Sources.Freshness = UnknownRefuse, 90*time.Minute
		}), "ocsp,crl freshness=1h30m unknown=refuse"},
		{"accepted with a mark", "\n  unknown: accept-marked" + approved, changed(func(r *Revocation) {
			r.Unknown = UnknownAcceptMarked
			r.Approved = Approval{By: "Үлгі Сынақов", Position: "басшы", Document: "order No 12", Date: time.Date(2026, 11, 20, 0, 0, 0, 0, time.FixedZone("", 5*3600))}
		}), "ocsp,crl unknown=accept-marked"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, _, err := ruled(t, tt.section)
			if err != nil {
				t.Fatal(err)
			}
			got := c.Services()[0].Revocation
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			if got.String() != tt.text {
				t.Errorf("recorded as %q, want %q", got, tt.text)
			}
			if got.Approved.Document != "" && got.Approved.String() != "order No 12, 2026-11-20" {
				t.Errorf("approval %q", got.Approved)
			}
		})
	}
}

func TestMistakesInRevocationRules(t *testing.T) {
	tests := []struct {
		name, section string
		line          int // below the line of "revocation:"
		want          string
	}{
		{"a mark nobody signed for", "\n  order: [ocsp]\n  unknown: accept-marked", 2, "needs approved"},
		{"signed by nobody", "\n  unknown: accept-marked\n  approved: {position: a, date: \"2026-11-20\", document: b}", 2, "lacks by"},
		{"signed without an act", "\n  unknown: accept-marked\n  approved: {by: a, position: a, date: \"2026-11-20\"}", 2, "lacks document"},
		{"signed on no day", "\n  unknown: accept-marked\n  approved: {by: a, position: a, document: b}", 2, "not a date"},
		{"a field nobody knows", "\n  on_unknown: park", 1, `there is no field "on_unknown"`},
		{"a field of the approval nobody knows", "\n  approved: {who: a}", 1, `there is no field "who"`},
		{"an act nobody knows", "\n  unknown: accept", 1, `"accept" is none of park, refuse, accept-marked`},
		{"a final act nobody knows", "\n  final: accept", 1, `"accept" is none of stay, refuse`},
		{"a final act of what does not wait", "\n  unknown: refuse\n  final: refuse", 2, "belongs to unknown: park"},
		{"a source nobody knows", "\n  order: [ocsp, ldap]", 1, `"ldap" is none of ocsp, crl`},
		{"a source twice", "\n  order: [ocsp, ocsp]", 1, "twice"},
		{"no source", "\n  order: []", 1, "at least one"},
		{"an order in a word nobody knows", "\n  order: any", 1, `"any" is none of ocsp, crl`},
		{"freshness without a unit", "\n  freshness: 60", 1, "not a duration"},
		{"freshness of days", "\n  freshness: 240h", 1, "at most 24h"},
		{"no freshness at all", "\n  freshness: 0s", 1, "not a duration"},
		{"escalation after the due time", "\n  escalate: -1h", 1, "not a duration"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, line, err := ruled(t, tt.section)
			var list *ProblemList
			if !errors.As(err, &list) {
				t.Fatalf("got %v", err)
			}
			for _, p := range *list {
				if strings.Contains(p.Text, tt.want) && p.Line == line+tt.line {
					return
				}
			}
			t.Errorf("got %v, want line %d: %s", err, line+tt.line, tt.want)
		})
	}
}
