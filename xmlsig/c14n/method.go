package c14n

// Method is a canonicalisation algorithm. The zero value is Canonical XML 1.0, which is
// what a reference without a canonicalisation uses (XMLDSig §4.4.3.2).
type Method uint8

// The six methods of the algorithm list of XMLDSig 1.1 §6.5 and Exclusive C14N §4.
const (
	C14N10 Method = iota
	C14N10Comments
	C14N11
	C14N11Comments
	Exclusive
	ExclusiveComments
)

// ExclusiveNamespace is the namespace of InclusiveNamespaces, and the URI of [Exclusive].
const ExclusiveNamespace = "http://www.w3.org/2001/10/xml-exc-c14n#"

var uris = [...]string{
	C14N10:            "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
	C14N10Comments:    "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments",
	C14N11:            "http://www.w3.org/2006/12/xml-c14n11",
	C14N11Comments:    "http://www.w3.org/2006/12/xml-c14n11#WithComments",
	Exclusive:         ExclusiveNamespace,
	ExclusiveComments: ExclusiveNamespace + "WithComments",
}

// ByURI finds a method by its algorithm URI; the comparison is exact.
func ByURI(uri string) (Method, bool) {
	for m, u := range uris {
		if u == uri {
			return Method(m), true
		}
	}
	return 0, false
}

// URI is the algorithm URI of the method.
func (m Method) URI() string {
	if int(m) < len(uris) {
		return uris[m]
	}
	return ""
}

// IsExclusive tells whether only visibly used namespaces are written.
func (m Method) IsExclusive() bool { return m >= Exclusive }

// KeepsComments tells whether comments are written.
func (m Method) KeepsComments() bool { return m&1 == 1 }

// WithoutComments is the same method leaving comments out.
func (m Method) WithoutComments() Method { return m &^ 1 }

func (m Method) is11() bool { return m == C14N11 || m == C14N11Comments }
