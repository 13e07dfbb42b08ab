package xmltree

// Defaults of [Limits]. All of them bound work an unauthenticated sender can cause.
const (
	// defaultBytes lets a 20 MB file through that travels as base64 inside XML.
	defaultBytes = 32 << 20
	// maxBytes is what the 31-bit offsets of the tree can address.
	maxBytes = 1<<31 - 1
	// maxCount is what the tree's counters of attributes and declarations hold.
	maxCount = 1<<16 - 1
	// defaultDepth is four times the deepest national message seen (SOAP + payload + XAdES: about 30).
	defaultDepth = 128
	// defaultNodes bounds the tree at some 60 MB; 12 MB of real forms have under 400,000.
	defaultNodes = 1_000_000
	// defaultAttrs is per element; generated forms reach a few dozen.
	defaultAttrs = 256
	// defaultNSDecls is per element; JAXB writes every namespace of a project on the root.
	defaultNSDecls = 64
	// defaultScope is the declarations in force at any point: canonicalisation searches them one by one.
	defaultScope = 128
	// defaultName is the longest element, attribute or PI name in bytes.
	defaultName = 512
	// defaultURI is the longest namespace name: exclusive canonicalisation may repeat it at every element.
	defaultURI = 1024
)

// Limits bounds what [Parse] accepts. A zero field means its default.
type Limits struct {
	Bytes   int // size of the document
	Depth   int // nesting of elements
	Nodes   int // elements, texts, comments and PIs together
	Attrs   int // attributes of one element, without namespace declarations
	NSDecls int // namespace declarations of one element
	Scope   int // namespace declarations in force at one place
	Name    int // bytes of a name
	URI     int // bytes of a namespace name
}

// DefaultLimits returns the limits used for untrusted documents.
func DefaultLimits() Limits {
	return Limits{
		Bytes: defaultBytes, Depth: defaultDepth, Nodes: defaultNodes, Attrs: defaultAttrs,
		NSDecls: defaultNSDecls, Scope: defaultScope, Name: defaultName, URI: defaultURI,
	}
}

// withDefaults fills the zero fields.
func (l Limits) withDefaults() Limits {
	def := DefaultLimits()
	for _, f := range []struct {
		field *int
		value int
	}{
		{&l.Bytes, def.Bytes}, {&l.Depth, def.Depth}, {&l.Nodes, def.Nodes}, {&l.Attrs, def.Attrs},
		{&l.NSDecls, def.NSDecls}, {&l.Scope, def.Scope}, {&l.Name, def.Name}, {&l.URI, def.URI},
	} {
		if *f.field <= 0 {
			*f.field = f.value
		}
	}
	l.Bytes = min(l.Bytes, maxBytes)
	l.Attrs, l.NSDecls = min(l.Attrs, maxCount), min(l.NSDecls, maxCount)
	return l
}
