package xmlsig

import (
	"strconv"
	"strings"

	"kopir/xmlsig/reason"
	"kopir/xmlsig/xmltree"
)

// Covered says what one reference of a signature covers. What has not been found stays empty.
type Covered struct {
	URI    string `json:"uri"`            // as it is written: "", "#id"
	Path   string `json:"path"`           // "document", or the names down to the element: "/application/person[2]"
	ID     string `json:"id,omitempty"`   // the Id the reference names
	Type   string `json:"type,omitempty"` // of the reference: XAdES SignedProperties …
	Octets int    `json:"octets"`         // canonical octets that were digested; 0 if none were
	Main   bool   `json:"main"`           // the one that covers what the profile wants
	// Without are the signers whose signatures were taken out of it: its own, which enveloped-signature
	// removes, and those made later. Earlier ones are covered.
	Without []int `json:"without,omitempty"`
}

// Uncovered is a part of a document that no good signature covers.
type Uncovered struct {
	Path string `json:"path"`
	// Around: covered parts stand inside; what is not covered is the element's tag and what else is in it.
	Around bool `json:"around"`
}

// outsideRoot is the path of instructions before and behind the root element.
const outsideRoot = "outside the root element"

// Bounds of a map of a hostile document.
const (
	maxUncovered = 64
	maxPathSteps = 1 << 22 // siblings looked at to number elements
)

// mapCoverage fills Coverage of every signer and Uncovered.
func (v *verifier) mapCoverage(r *Result) {
	p := pathfinder{doc: v.doc, steps: maxPathSteps}
	for i, s := range v.signers {
		if s.sig == nil {
			continue
		}
		for _, ref := range s.sig.refs {
			r.Signers[i].Coverage = append(r.Signers[i].Coverage, s.covered(ref, &p))
		}
	}
	g := gaps{pathfinder: &p, signatures: v.target.signatures, areas: map[*xmltree.Element]bool{}}
	for _, s := range v.signers {
		if !s.passed(reason.CheckSignature) || !s.passed(reason.CheckDigest) {
			continue // what it names is not what was signed
		}
		for _, f := range s.refs {
			g.add(f)
		}
	}
	r.Uncovered = g.find()
}

func (s *signerState) covered(ref *reference, p *pathfinder) Covered {
	c := Covered{URI: strings.Clone(shorten(ref.uri)), Type: strings.Clone(shorten(ref.typ))}
	for _, f := range s.refs {
		if f.reference != ref {
			continue
		}
		c.Octets, c.Main = f.octets, f == s.main
		if c.Path = "document"; f.apex != nil {
			c.Path = p.path(f.apex)
			c.ID = strings.Clone(shorten(f.id()))
		}
		for i, sig := range s.v.target.signatures {
			for _, out := range f.without {
				if out == sig {
					c.Without = append(c.Without, i+1)
				}
			}
		}
	}
	return c
}

// id is the Id the reference names.
func (f *followed) id() string {
	fragment := strings.TrimPrefix(f.uri, "#")
	if id, ok := xpointerID(fragment); ok {
		return id
	}
	return fragment
}

// gaps looks for what nobody covers.
type gaps struct {
	*pathfinder
	signatures []*xmltree.Element
	areas      map[*xmltree.Element]bool // covered: true; around something covered: false
	document   bool                      // with what stands outside the root
	found      []Uncovered
}

func (g *gaps) add(f *followed) {
	g.document = g.document || f.apex == nil
	top := f.top(g.doc)
	for _, s := range g.signatures {
		if s.Contains(top) {
			return // SignedProperties, or an Object: nothing outside the signatures
		}
	}
	for e := top.Parent(); e != nil && !g.areas[e]; e = e.Parent() {
		g.areas[e] = false
	}
	g.areas[top] = true
}

func (g *gaps) find() []Uncovered {
	if !g.document && hasOuterInstruction(g.doc) {
		g.found = append(g.found, Uncovered{Path: outsideRoot})
	}
	g.walk(g.doc.Root)
	return g.found
}

// walk goes down as long as something covered may be below.
func (g *gaps) walk(e *xmltree.Element) {
	covered, known := g.areas[e]
	if covered || g.isSignature(e) || len(g.found) >= maxUncovered {
		return
	}
	g.found = append(g.found, Uncovered{Path: g.path(e), Around: known})
	if !known {
		return
	}
	for child := range e.EachChild() {
		g.walk(child)
	}
}

func (g *gaps) isSignature(e *xmltree.Element) bool {
	for _, s := range g.signatures {
		if s == e {
			return true
		}
	}
	return false
}

func hasOuterInstruction(doc *xmltree.Document) bool {
	for i := 0; i < doc.Len(); i = doc.End(i) {
		if doc.Kind(i) == xmltree.KindPI {
			return true
		}
	}
	return false
}

// pathfinder writes paths of elements.
type pathfinder struct {
	doc   *xmltree.Document
	steps int
}

func (p *pathfinder) path(e *xmltree.Element) string {
	if e == nil {
		return ""
	}
	return p.path(e.Parent()) + "/" + p.step(e)
}

// step is the name of an element, with its number if siblings have the same.
func (p *pathfinder) step(e *xmltree.Element) string {
	name := p.doc.Name(e.Index())
	number, same := 0, 0
	if parent := e.Parent(); parent != nil {
		for sibling := range parent.EachChild() {
			if p.steps--; p.steps < 0 {
				return shorten(name) + "[?]"
			}
			if p.doc.Name(sibling.Index()) != name {
				continue
			}
			if same++; sibling == e {
				number = same
			}
		}
	}
	if same < 2 {
		return shorten(name)
	}
	return shorten(name) + "[" + strconv.Itoa(number) + "]"
}
