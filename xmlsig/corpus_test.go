package xmlsig_test

import (
	"strings"
	"testing"

	"kopir/xmlsig"
	"kopir/xmlsig/reason"
)

func TestProbeCorpus(t *testing.T) {
	pos, okc, neg, acc := 0, 0, 0, 0
	for _, line := range strings.Split(string(data(t, "xmldsig/MANIFEST.tsv")), "\n") {
		f := strings.Split(line, "\t")
		if len(f) < 20 || f[1] != "signature" {
			continue
		}
		doc := data(t, "xmldsig/"+f[0])
		opt := trusting(t, doc, xmlsig.Options{})
		r := xmlsig.Verify(nil, doc, opt)
		o, c := r.Verdict()
		if f[2] == "valid" && f[16] == "-" {
			pos++
			if o == reason.Passed {
				okc++
			} else {
				t.Logf("POS %s %s %s | %s", f[0], c, outcomes(r), f[5]+" "+f[7])
				for _, ch := range r.Checks {
					if ch.Outcome == reason.Failed {
						t.Logf("      %+v", ch)
					}
				}
			}
		}
		if f[2] != "valid" && f[2] != "valid-unconfirmed" {
			neg++
			opt.Profile = xmlsig.ProfileDocument
			rd := xmlsig.Verify(nil, doc, opt)
			od, _ := rd.Verdict()
			if o == reason.Passed || od == reason.Passed {
				acc++
				t.Logf("NEG %s any=%v doc=%v %s %s covers=%s", f[0], o, od, f[2], f[3], r.Signers[0].Covers)
			}
		}
	}
	t.Logf("positive %d/%d; negatives accepted %d/%d", okc, pos, acc, neg)
}
