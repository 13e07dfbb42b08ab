package app

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"kopir/cmd/kopir/internal/config"
	"kopir/gateway"
	"kopir/gateway/evidence"
	"kopir/xmlsig"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/testpki"
)

// bundle is an unpacked container that can be changed.
type bundle struct {
	t     *testing.T
	files []evidence.File
}

func unbundled(t *testing.T, container []byte) *bundle {
	return &bundle{t, unpacked(t, container)}
}

func (b *bundle) file(name string) *evidence.File {
	b.t.Helper()
	for i := range b.files {
		if b.files[i].Name == name {
			return &b.files[i]
		}
	}
	b.t.Fatalf("no %s", name)
	return nil
}

func (b *bundle) replace(name, from, to string) {
	b.t.Helper()
	f := b.file(name)
	if !bytes.Contains(f.Bytes, []byte(from)) {
		b.t.Fatalf("%s has no %q", name, from)
	}
	f.Bytes = bytes.Replace(f.Bytes, []byte(from), []byte(to), 1)
}

// verdict changes the first verdict of a kind and outcome, or takes it out.
func (b *bundle) verdict(kind string, outcome reason.Outcome, change func(v *gateway.Verdict) (keep bool)) {
	b.t.Helper()
	for i, f := range b.files {
		var v gateway.Verdict
		if !strings.HasPrefix(f.Name, "verdicts/") || json.Unmarshal(f.Bytes, &v) != nil || v.Kind != kind || v.Outcome != outcome {
			continue
		}
		if !change(&v) {
			b.files = append(b.files[:i], b.files[i+1:]...)
			b.events(func(e *gateway.Event) {
				if e.Data["verdict"] == v.ID {
					delete(e.Data, "verdict")
				}
			})
			return
		}
		b.files[i].Bytes, _ = json.Marshal(v)
		return
	}
	b.t.Fatalf("no verdict of kind %s", kind)
}

// events rewrites history and chains it anew, as whoever has the ledger can.
func (b *bundle) events(change func(e *gateway.Event)) (events []gateway.Event) {
	f, previous := b.file("history/events.json"), ""
	must(b.t, json.Unmarshal(f.Bytes, &events))
	for i := range events {
		change(&events[i])
		events[i].Hash = gateway.ChainHash(previous, events[i])
		previous = events[i].Hash
	}
	f.Bytes, _ = json.Marshal(events)
	return events
}

// record changes the case.
func (b *bundle) record(change func(rec *evidence.CaseRecord)) {
	var rec evidence.CaseRecord
	f := b.file("history/case.json")
	must(b.t, json.Unmarshal(f.Bytes, &rec))
	change(&rec)
	f.Bytes, _ = json.Marshal(rec)
}

// sealed seals everything anew by a key.
func (b *bundle) sealed(key xmlsig.Key) []byte {
	b.t.Helper()
	var covered []xmlsig.DetachedFile
	manifest := strings.Split(string(b.file("META-INF/manifest.xml").Bytes), "\n")
	for _, f := range b.files {
		if f.Name != "mimetype" && !strings.HasPrefix(f.Name, "META-INF/") {
			covered = append(covered, xmlsig.DetachedFile{URI: f.Name, Bytes: f.Bytes})
		}
	}
	kept := manifest[:0]
	for _, line := range manifest { // files that were taken out
		_, rest, is := strings.Cut(line, `full-path="`)
		name, _, _ := strings.Cut(rest, `"`)
		there := !is || name == "/"
		for _, f := range b.files {
			there = there || f.Name == name
		}
		if there {
			kept = append(kept, line)
		}
	}
	b.file("META-INF/manifest.xml").Bytes = []byte(strings.Join(kept, "\n"))
	signatures, err := xmlsig.SignDetached(covered, key, xmlsig.DetachedOptions{At: time.Now(), SignOptions: xmlsig.SignOptions{Rand: rand.Reader}})
	must(b.t, err)
	b.file("META-INF/signatures.xml").Bytes = signatures
	return repacked(b.t, b.files)
}

// TestEvidenceSealIsWholeOrBroken changes what stands in the seal's own document beside the digests of files.
func TestEvidenceSealIsWholeOrBroken(t *testing.T) {
	s := newStage(t, nil)
	container, opt := s.export(s.answered(testpki.RSA))
	stranger, err := SealKey(config.Config{Data: t.TempDir()}.WithDefaults(), s.outside())
	must(t, err)
	const signatures = "META-INF/signatures.xml"
	other := unbundled(t, container)
	other.sealed(stranger)
	_, second, _ := strings.Cut(string(other.file(signatures).Bytes), `<ds:Signature `)
	second, _, _ = strings.Cut(second, `</asic:`)
	forged := `<ds:Object><xades:QualifyingProperties xmlns:xades="http://uri.etsi.org/01903/v1.3.2#"><xades:SignedProperties>` +
		`<xades:SignedSignatureProperties><xades:SigningTime>2020-01-01T00:00:00Z</xades:SigningTime></xades:SignedSignatureProperties>` +
		`</xades:SignedProperties></xades:QualifyingProperties></ds:Object>`
	tests := []struct {
		name, from, to string
		opt            func(o evidence.Options) evidence.Options
	}{
		{"another signing time", "<xades:SigningTime>20", "<xades:SigningTime>19", nil},
		{"another kind of file", "<xades:MimeType>application/json<", "<xades:MimeType>text/html<", nil},
		{"unsigned properties ahead", "<ds:Object>", forged + "<ds:Object>", nil},
		{"unsigned properties behind", "</ds:Object>", "</ds:Object>" + forged, nil},
		{"a second seal", "</asic:", `<ds:Signature ` + strings.ReplaceAll(strings.ReplaceAll(second, "seal", "other"), "file-", "part-") + "</asic:", nil},
	}
	for _, tt := range tests {
		b := unbundled(t, container)
		b.replace(signatures, tt.from, tt.to)
		r := verifyEvidence(t, repacked(t, b.files), opt)
		if r.Verdict != reason.Failed || !hasFailed(r, evidence.CheckSeal) {
			t.Errorf("%s: %s %+v", tt.name, r.Verdict, r.Checks[:4])
		}
		nobody := opt
		nobody.Seal = nil
		if r := verifyEvidence(t, repacked(t, b.files), nobody); !hasFailed(r, evidence.CheckSeal) {
			t.Errorf("%s, by nobody's seal: %s %+v", tt.name, r.Verdict, r.Checks[:4])
		}
	}
}

// TestEvidenceForgedByTheSealer lets the holder of the seal write a container of his own: what the
// documents, certificates and answers say must give him away.
func TestEvidenceForgedByTheSealer(t *testing.T) {
	s := newStage(t, nil)
	container, opt := s.export(s.answered(testpki.RSA))
	key, err := SealKey(s.cfg, s.outside())
	must(t, err)
	if r := verifyEvidence(t, unbundled(t, container).sealed(key), opt); r.Verdict != reason.Passed {
		t.Fatalf("nothing changed: %+v", r)
	}
	tests := []struct {
		name  string
		forge func(b *bundle)
		check string
	}{
		{"no status was asked for", func(b *bundle) {
			b.verdict("application", reason.Passed, func(v *gateway.Verdict) bool {
				v.Checks, v.Evidence = v.Checks[:1], nil
				return true
			})
		}, evidence.CheckVerdict},
		{"received at another time", func(b *bundle) {
			b.record(func(rec *evidence.CaseRecord) { rec.ReceivedAt = rec.ReceivedAt.Add(-time.Hour) })
		}, evidence.CheckHistory},
		{"brought by another caller", func(b *bundle) {
			b.record(func(rec *evidence.CaseRecord) { rec.Caller = "another" })
		}, evidence.CheckHistory},
		{"another applicant", func(b *bundle) {
			b.record(func(rec *evidence.CaseRecord) { rec.IIN = anotherIIN(rec.IIN) })
			b.verdict("application", reason.Passed, func(v *gateway.Verdict) bool {
				kept := v.Checks[:0]
				for _, c := range v.Checks {
					if c.Name != reason.CheckIdentity {
						kept = append(kept, c)
					}
				}
				v.Checks = kept
				return true
			})
		}, evidence.CheckVerdict},
		{"a verdict of another case", func(b *bundle) {
			b.verdict("application", reason.Passed, func(v *gateway.Verdict) bool { v.Number = "K26-00000-00000"; return true })
		}, evidence.CheckVerdict},
		{"no verdict of the application", func(b *bundle) {
			b.verdict("application", reason.Passed, func(*gateway.Verdict) bool { return false })
		}, evidence.CheckVerdict},
		{"no verdict of the result", func(b *bundle) {
			b.verdict("result", reason.Passed, func(*gateway.Verdict) bool { return false })
		}, evidence.CheckVerdict},
	}
	for _, tt := range tests {
		b := unbundled(t, container)
		tt.forge(b)
		if r := verifyEvidence(t, b.sealed(key), opt); r.Verdict != reason.Failed || !hasFailed(r, tt.check) {
			t.Errorf("%s: %s %q", tt.name, r.Verdict, r.Changed)
		}
	}
}

// anotherIIN is another number of the same form.
func anotherIIN(iin string) string {
	if strings.HasPrefix(iin, "9") {
		return "8" + iin[1:]
	}
	return "9" + iin[1:]
}

// TestEvidenceStampIsOfOneRoot rewrites history and hangs it on a token that stamps something else.
func TestEvidenceStampIsOfOneRoot(t *testing.T) {
	s := newStage(t, func(c *config.Config) {
		c.Timestamps = config.Timestamps{TSA: []string{"http://" + c.Callbacks[0] + "/tsp/rsa"}, Every: 100 * time.Millisecond}
	})
	number := s.answered(testpki.RSA)
	s.awaitLag("never stamped", func(l gateway.StampLag) bool { return l.Pending+l.Unstamped == 0 && len(l.Last.Token) > 0 })
	container, opt := s.export(number)
	key, err := SealKey(s.cfg, s.outside())
	must(t, err)
	b := unbundled(t, container)
	events := b.events(func(e *gateway.Event) {
		if e.Kind == "acknowledged" {
			e.At = e.At.Add(-time.Second)
		}
	})
	var proofs []evidence.ProofRecord
	f := b.file("timestamps/proofs.json")
	must(t, json.Unmarshal(f.Bytes, &proofs))
	now := map[string]gateway.Leaf{}
	for i, e := range events {
		ref := number + "/" + string(rune('0'+i+1))
		if i >= 9 {
			t.Skip("too many events for this test")
		}
		now[ref] = gateway.Leaf{Kind: gateway.LeafEvent, Ref: ref, SHA256: e.Hash}
	}
	genuine, forged := 0, 0
	for i, p := range proofs {
		if leaf, is := now[p.Leaf.Ref]; is && leaf != p.Leaf {
			proofs[i].Leaf, proofs[i].Size, proofs[i].Index, proofs[i].Path, proofs[i].Root = leaf, 1, 0, nil, gateway.MerkleRoot([]gateway.Leaf{leaf})
			proofs[i].Token, proofs[i].At = proofs[0].Token, proofs[0].At
			forged++
		} else {
			genuine++
		}
	}
	if genuine == 0 || forged == 0 {
		t.Fatalf("%d genuine, %d forged", genuine, forged)
	}
	f.Bytes, _ = json.Marshal(proofs)
	if r := verifyEvidence(t, b.sealed(key), opt); r.Verdict != reason.Failed || !hasFailed(r, evidence.CheckTimestamps) {
		t.Errorf("%s %+v", r.Verdict, r.Checks)
	}
}
