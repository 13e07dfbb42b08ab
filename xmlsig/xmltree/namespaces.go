package xmltree

import (
	"slices"

	"kopir/xmlsig/reason"
)

// attrKey is an expanded name: two attributes of an element must differ in it.
type attrKey struct {
	space uint32
	local string
}

// manyAttrs is where looking for doubles by comparing pairs stops being cheap.
const manyAttrs = 12

// declare puts a namespace declaration into scope (Namespaces in XML 1.0 §3, §5).
func (p *parser) declare(prefix, value span) error {
	name, uri := p.str(prefix), p.str(value)
	if len(uri) > p.lim.URI {
		return reason.Newf(reason.TooLarge, "a namespace name is longer than %d bytes", p.lim.URI)
	}
	switch {
	case name == "xmlns", uri == XMLNSNamespace, (name == "xml") != (uri == XMLNamespace):
		return p.malformed("the prefixes xml and xmlns and their namespaces cannot be bound anew")
	case name != "" && uri == "":
		return p.malformed("a prefix is bound to no namespace")
	case len(p.scope) >= p.lim.Scope:
		return reason.Newf(reason.TooLarge, "more than %d namespace declarations are in force", p.lim.Scope)
	}
	id := p.intern(uri)
	p.scope = append(p.scope, binding{name, id})
	p.doc.decls = append(p.doc.decls, decl{prefix, id})
	return nil
}

// manyURIs is where looking for a namespace name among all stops being cheap.
const manyURIs = 16

// intern gives a namespace name its index: equal names have one.
func (p *parser) intern(uri string) uint32 {
	if len(p.doc.uris) < manyURIs {
		if i := slices.Index(p.doc.uris, uri); i >= 0 {
			return uint32(i)
		}
	} else if id, ok := p.index()[uri]; ok {
		return id
	}
	id := uint32(len(p.doc.uris))
	p.doc.uris = append(p.doc.uris, uri)
	if p.uris != nil {
		p.uris[uri] = id
	}
	return id
}

// index is the map of all namespace names, made when they have become many.
func (p *parser) index() map[string]uint32 {
	if p.uris == nil {
		p.uris = make(map[string]uint32, 2*len(p.doc.uris))
		for i, uri := range p.doc.uris {
			p.uris[uri] = uint32(i)
		}
	}
	return p.uris
}

// resolve checks the declarations made since outer and gives names their namespaces.
func (p *parser) resolve(n *node, i int32, outer int) error {
	own := p.scope[outer:]
	if len(own) > p.lim.NSDecls {
		return reason.Newf(reason.TooLarge, "an element has more than %d namespace declarations", p.lim.NSDecls)
	}
	for i := range own {
		for j := range i {
			if own[i].prefix == own[j].prefix {
				return p.malformed("a prefix is declared twice on one element")
			}
		}
	}
	n.nDecls = uint16(len(own))
	var ok bool
	if n.space, ok = p.lookup(p.str(n.name)[:n.prefix]); !ok {
		return p.malformed("the prefix of an element is not declared")
	}
	return p.resolveAttributes(n, i)
}

// resolveAttributes gives the attributes of element i their namespaces, and notes Ids.
func (p *parser) resolveAttributes(n *node, i int32) error {
	own, wrapped := p.doc.attrs[n.attrs:], false
	for k := range own {
		a := &own[k]
		if a.prefix > 0 { // an attribute without a prefix is in no namespace (§6.2)
			space, ok := p.lookup(p.str(a.name)[:a.prefix])
			if !ok {
				return p.malformed("the prefix of an attribute is not declared")
			}
			a.space = space
		}
		if isID(p.doc.uris[a.space], p.attrLocal(a)) {
			p.doc.ids = append(p.doc.ids, idAttr{i, n.attrs + int32(k)})
		}
		wrapped = wrapped || a.wrapped && !p.isSchemaLocation(a)
	}
	n.nAttrs = uint16(len(own))
	if len(own) > 1 && p.doubled(own) {
		return p.malformed("an attribute stands twice on one element")
	}
	if wrapped {
		p.doc.wraps = append(p.doc.wraps, i)
	}
	return nil
}

// isSchemaLocation tells the attributes whose value is a list that people do wrap (XSD 1.0 §2.6.3).
func (p *parser) isSchemaLocation(a *attr) bool {
	name := p.attrLocal(a)
	return p.doc.uris[a.space] == schemaInstance && (name == "schemaLocation" || name == "noNamespaceSchemaLocation")
}

// doubled looks for two equal expanded names; equal qualified names are among them.
func (p *parser) doubled(attrs []attr) bool {
	if len(attrs) > manyAttrs {
		return p.doubledAmongMany(attrs)
	}
	for i := range attrs {
		for j := range i {
			if attrs[i].space == attrs[j].space && p.attrLocal(&attrs[i]) == p.attrLocal(&attrs[j]) {
				return true
			}
		}
	}
	return false
}

func (p *parser) doubledAmongMany(attrs []attr) bool {
	if p.seen == nil {
		p.seen = make(map[attrKey]struct{}, len(attrs))
	}
	clear(p.seen)
	for i := range attrs {
		p.seen[attrKey{attrs[i].space, p.attrLocal(&attrs[i])}] = struct{}{}
	}
	return len(p.seen) != len(attrs)
}

func (p *parser) attrLocal(a *attr) string { return local(p.str(a.name), a.prefix) }

// lookup finds the namespace of a prefix among the declarations in force.
func (p *parser) lookup(prefix string) (uint32, bool) {
	for i := len(p.scope) - 1; i >= 0; i-- {
		if p.scope[i].prefix == prefix {
			return p.scope[i].uri, true
		}
	}
	return 0, false
}
