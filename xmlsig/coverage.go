package xmlsig

import (
	"strings"

	"kopir/xmlsig/reason"
)

// checkCoverage picks the reference that covers what the profile wants and names it.
func (s *signerState) checkCoverage() {
	v := s.v
	for _, f := range s.refs {
		covers := f.top(v.doc) == v.target.cover && (v.opt.Profile != ProfileWSS || f.apex != nil)
		if v.target.cover == nil {
			covers = !isXAdES(f.typ) && !s.sig.elem.Contains(f.apex) || f.top(v.doc) == v.doc.Root
		}
		if covers && (s.main == nil || f.top(v.doc) == v.doc.Root && s.main.top(v.doc) != v.doc.Root) {
			s.main = f
		}
	}
	if s.main == nil && v.target.cover == nil && len(s.refs) > 0 && !isXAdES(s.refs[0].typ) {
		s.main = s.refs[0] // enveloping: the object inside the signature
	}
	s.Covers = s.coverage()
	if s.main == nil {
		if len(s.refs) < len(s.sig.refs) {
			return // a reference that was not followed might have
		}
		s.fail(reason.Newf(reason.CoveragePartial, "the signature does not cover the whole %s", v.covered()))
		return
	}
	s.pass(reason.CheckCoverage, s.Covers)
}

func (v *verifier) covered() string {
	if v.target.cover == nil {
		return "of any element"
	}
	return v.target.name
}

// coverage names what the references cover: "document", "body", or "#id" each.
func (s *signerState) coverage() string {
	var names []string
	for _, f := range s.refs {
		switch top := f.top(s.v.doc); {
		case isXAdES(f.typ):
		case top == s.v.doc.Root:
			return "document"
		case s.v.opt.Profile == ProfileWSS && top == s.v.target.cover:
			return "body"
		default:
			names = append(names, shorten(f.uri))
		}
	}
	return strings.Clone(strings.Join(names, " ")) // one name alone would be a piece of the document
}

// maxShown bounds an Id that is shown to people.
const maxShown = 100

func shorten(s string) string {
	if len(s) <= maxShown {
		return s
	}
	return strings.ToValidUTF8(s[:maxShown], "") + "…"
}
