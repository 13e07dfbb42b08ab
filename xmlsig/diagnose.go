package xmlsig

import (
	"bytes"

	"kopir/xmlsig/reason"
	"kopir/xmlsig/xmltree"
)

// Finding is a likely cause of a failure, in words. It is a hint for whoever sends documents:
// it never changes a verdict.
type Finding struct {
	Cause    Cause
	Words    Words
	Evidence string // what was tried or seen; holds no personal numbers
}

// Words say the same in three languages.
type Words struct{ English, Kazakh, Russian string }

// Bounds of one diagnosis: every attempt verifies a changed copy of the document.
const (
	maxAttempts      = 64
	maxAttemptOctets = 32 << 20
)

// Diagnose looks for the usual causes of what r says of doc, by undoing what programs on the
// way commonly do and looking whether the mathematics fits again. doc and opt are those r came
// from. A document that passed gets no findings. Work is bounded; large documents get fewer
// attempts.
func Diagnose(doc []byte, opt Options, r Result) []Finding {
	if outcome, _ := r.Verdict(); outcome == reason.Passed {
		return nil
	}
	d := &diagnosis{doc: doc, opt: opt, result: r, octets: maxAttemptOctets, open: map[symptom]bool{}}
	d.weight = 1 + bytes.Count(doc, []byte("DigestValue>"))/2
	d.opt.Trust = nil // attempts ask about the mathematics alone
	for _, c := range r.Checks {
		switch c.Name {
		case reason.CheckXML, reason.CheckSignature, reason.CheckDigest:
			if c.Outcome == reason.Failed {
				d.open[symptom{c.Name, c.Signer}] = true
			}
		}
	}
	d.lookAtLetters()
	if tree, err := xmltree.Parse(doc, opt.Limits); err == nil {
		d.tree = tree
		d.lookAtStructure()
		d.lookAtText()
		d.lookAtValues()
		d.lookAtOrder()
	}
	d.lookAtCertificates(opt)
	return d.found
}

// diagnosis is the state of one search.
type diagnosis struct {
	doc      []byte
	tree     *xmltree.Document // nil if doc is none
	opt      Options
	result   Result
	open     map[symptom]bool // failures of the mathematics that are not explained yet
	attempts int
	octets   int
	weight   int // how often one verification digests the document, at most
	found    []Finding
}

// symptom is a check of a signer that failed.
type symptom struct {
	check  string
	signer int
}

func (d *diagnosis) add(cause Cause, evidence string) {
	for _, f := range d.found {
		if f.Cause == cause {
			return
		}
	}
	d.found = append(d.found, Finding{cause, causeWords[cause], evidence})
}

// afford takes octets from the bounds of the diagnosis.
func (d *diagnosis) afford(octets int) bool {
	octets *= d.weight
	if d.attempts >= maxAttempts || octets > d.octets {
		return false
	}
	d.attempts++
	d.octets -= octets
	return true
}

// attempt verifies a changed document. It explains the failures that are gone, and says
// whether there are any.
func (d *diagnosis) attempt(doc string, cause Cause, evidence string) bool {
	if len(d.open) == 0 || doc == string(d.doc) || !d.afford(len(doc)) {
		return false
	}
	r := Verify(nil, []byte(doc), d.opt)
	return d.explain(r, cause, evidence)
}

func (d *diagnosis) explain(r Result, cause Cause, evidence string) bool {
	fits := false
	for s := range d.open {
		if s.check == reason.CheckXML {
			if mathematics(r) {
				clear(d.open)
				fits = true
			}
			continue
		}
		for _, c := range r.Checks {
			if c.Name == s.check && c.Signer == s.signer && c.Outcome == reason.Passed {
				delete(d.open, s)
				fits = true
			}
		}
	}
	if fits {
		d.add(cause, evidence)
	}
	return fits
}

// mathematics tells whether every signature and digest of a result passed.
func mathematics(r Result) bool {
	for _, c := range r.Checks {
		switch c.Name {
		case reason.CheckXML, reason.CheckSignature, reason.CheckDigest:
			if c.Outcome != reason.Passed {
				return false
			}
		}
	}
	return len(r.Signers) > 0
}

// isOpen tells whether a check of any signer is not explained.
func (d *diagnosis) isOpen(check string) bool {
	for s := range d.open {
		if s.check == check {
			return true
		}
	}
	return false
}
