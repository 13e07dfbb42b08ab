package xmlsig

import (
	"fmt"
	"slices"
	"strings"

	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/xmltree"
)

// lookAtStructure asks where the signatures stand: in an envelope, in a text, or only around.
func (d *diagnosis) lookAtStructure() {
	inText := d.lookAtTexts()
	if d.isOpen(reason.CheckSignature) || d.isOpen(reason.CheckDigest) {
		d.lookAtEnvelope()
	}
	header, body := soapParts(d.tree)
	if body == nil || inText || d.opt.Profile == ProfileWSS || len(headerSignatures(header)) == 0 {
		return
	}
	for _, s := range anywhere(d.tree) {
		if body.Contains(s) {
			return
		}
	}
	const where = "the only signature is under wsse:Security; the Body holds none"
	roles := d.roles()
	switch {
	case !slices.Contains(roles, pki.RoleIndividual):
		words := where
		if len(roles) > 0 {
			words += "; its certificate is of: " + strings.ReplaceAll(strings.Join(roles, ", "), "_", " ")
		}
		d.add(CauseEnvelopeOnly, words)
	case d.opt.Profile == ProfileDocument:
		d.add(CauseProfileWSS, where+"; its certificate is of an individual")
	}
}

// roles are those of the first signer.
func (d *diagnosis) roles() []string {
	if len(d.result.Signers) == 0 || d.result.Signers[0].Certificate == nil {
		return nil
	}
	return d.result.Signers[0].Certificate.Roles()
}

// lookAtTexts looks for a signed document inside the text of an element, as SHEP carries them.
func (d *diagnosis) lookAtTexts() bool {
	for i := range d.tree.Len() {
		if d.tree.Kind(i) != xmltree.KindText {
			continue
		}
		text := strings.TrimLeft(d.tree.Value(i), "\uFEFF \t\r\n")
		if !strings.HasPrefix(text, "<") || !strings.Contains(text, nsDSig) || !d.afford(len(text)) {
			continue
		}
		opt := d.opt
		opt.Profile = ProfileDocument
		r := Verify(nil, []byte(text), opt)
		if len(r.Signers) == 0 {
			continue
		}
		words := "the mathematics of the document inside fails"
		if mathematics(r) {
			words = "the mathematics of the document inside passes"
		}
		d.add(CauseSignedText, fmt.Sprintf("a signed document is the text of the element %s; %s", shorten(d.tree.ElementAt(d.tree.Parent(i)).Local()), words))
		return true
	}
	return false
}

// lookAtEnvelope takes the signed element out of what stands around it: inclusive
// canonicalisation writes the namespaces of all ancestors into SignedInfo.
func (d *diagnosis) lookAtEnvelope() {
	for _, s := range anywhere(d.tree) {
		for e := s.Parent(); e != nil && e != d.tree.Root; e = e.Parent() {
			alone := d.source(e)
			if !d.afford(len(alone)) {
				return
			}
			opt := d.opt
			opt.Profile = ProfileDocument
			if r := Verify(nil, []byte(alone), opt); mathematics(r) {
				clear(d.open)
				d.add(CauseEnvelope, fmt.Sprintf("the element %s verifies as a document of its own", shorten(e.Local())))
				return
			}
		}
	}
}

// source is the source of an element.
func (d *diagnosis) source(e *xmltree.Element) string {
	doc := string(d.doc)
	name, end, empty := e.Place()
	if empty {
		end += len("/>")
	} else {
		end += strings.IndexByte(doc[end:], '>') + 1
	}
	return doc[strings.LastIndexByte(doc[:name], '<'):end]
}

// maxReordered bounds the signatures whose order is tried out: 3 have 6 orders.
const maxReordered = 3

// lookAtOrder tries other orders of the signatures, and each without the others.
func (d *diagnosis) lookAtOrder() {
	var signatures []*xmltree.Element
	for _, c := range d.tree.Root.Children() {
		if c.Is(nsDSig, "Signature") {
			signatures = append(signatures, c)
		}
	}
	if n := len(signatures); n < 2 || n > maxReordered || len(d.open) == 0 {
		return
	}
	parts := make([]string, len(signatures))
	for i, s := range signatures {
		parts[i] = d.source(s)
	}
	for _, order := range orders(len(parts))[1:] {
		doc := d.replaced(signatures, func(i int) string { return parts[order[i]] })
		if !d.afford(len(doc)) {
			return
		}
		if mathematics(Verify(nil, []byte(doc), d.opt)) {
			clear(d.open)
			d.add(CauseOrder, fmt.Sprintf("every signature fits when they stand in the order %s", orderWords(order)))
			return
		}
	}
	for i := range parts {
		doc := d.replaced(signatures, func(k int) string {
			if k == i {
				return parts[i]
			}
			return ""
		})
		if !d.afford(len(doc)) || !mathematics(Verify(nil, []byte(doc), d.opt)) {
			return
		}
	}
	clear(d.open)
	d.add(CauseParallel, "each signature fits when the others are taken away")
}

// replaced is the document with other text in the places of the signatures.
func (d *diagnosis) replaced(signatures []*xmltree.Element, with func(i int) string) string {
	doc := string(d.doc)
	for i := len(signatures) - 1; i >= 0; i-- {
		source := d.source(signatures[i])
		name, _, _ := signatures[i].Place()
		from := strings.LastIndexByte(string(d.doc[:name]), '<')
		doc = doc[:from] + with(i) + doc[from+len(source):]
	}
	return doc
}

// orders are the permutations of n places, the natural one first.
func orders(n int) [][]int {
	if n == 2 {
		return [][]int{{0, 1}, {1, 0}}
	}
	return [][]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}}
}

func orderWords(order []int) string {
	var words []string
	for _, i := range order {
		words = append(words, fmt.Sprint(i+1))
	}
	return strings.Join(words, ", ")
}
