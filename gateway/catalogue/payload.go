package catalogue

import (
	"slices"
	"strings"
	"sync"

	"kopir/xmlsig/xmltree"
)

// Payload is how a portal writes a service's documents and wants ours written: the request is mapped to
// the service's form, statuses and results are templates. All of it is data; three styles are shipped in
// payloads/, a service names one and replaces what its passport says otherwise.
type Payload struct {
	Style     string
	Variant   string // how the document rides in data: [VariantText], [VariantTyped], [VariantElement]
	Namespace string
	Request   *PayloadRequest // nil: the portal sends the service's own form

	// Statuses have a row for every word of [PayloadStatuses]; its columns are the templates' to name.
	Statuses map[string]map[string]string

	Notification, Response *Template
	Refusal                *Template // of what was declined or refused; nil: Response
	Samples                []Sample

	file string // where the samples are named
	line []int  // of each sample
}

// Variants of data (gateway-protocol.md §3.5).
const (
	VariantText    = "text"    // A: an escaped string
	VariantTyped   = "typed"   // B: the fields directly inside data
	VariantElement = "element" // C: one child element
)

// PayloadStatuses are the words a status table has rows for.
func PayloadStatuses() []string {
	return []string{"parked", "accepted", "in_work", "step", "completed", "declined", "refused"}
}

// PayloadRequest is where the portal's request keeps what the service's form asks for.
type PayloadRequest struct {
	Root    string
	Qualify string            // which elements are in the namespace
	Match   map[string]string // path → value: which documents of this root are this service's
	Keyed   map[string]string // element → child: updatedValues is known by its code
	Fields  map[string]string // iin, territory … → path
	Values  map[string]string // path in the service's form → path
	Repeats map[string]string // the same for elements that repeat
	Codes   map[string]map[string]string
	Files   FileLayout // of what lies at Fields["attachments"]
}

// FileLayout names the parts of one attachment, below its element. Each may be empty but the code and name.
type FileLayout struct {
	Code, Name string
	SHA256     string
	ID         string // in the gateway's temporary storage
	Content    string // base64 in the document itself
}

// Qualify: which elements of a document are in its namespace.
const (
	QualifyNone     = "none"
	QualifyRoot     = "root"
	QualifyChildren = "children"
	QualifyAll      = "all"
)

// Kinds of documents to the portal: SHEP's messageType.
const (
	kindNotification = "NOTIFICATION"
	kindResponse     = "RESPONSE"
)

// Sample proves a mapping: a request with what is read from it, or a status with the document it becomes.
type Sample struct {
	Request string            // file
	Expect  map[string]string // field or path → value
	Status  string
	Golden  string // file
}

// TemplateFor is the template of a message about a status.
func (p *Payload) TemplateFor(kind, status string) *Template {
	switch {
	case kind == kindNotification:
		return p.Notification
	case p.Refusal != nil && (status == "declined" || status == "refused"):
		return p.Refusal
	}
	return p.Response
}

// With is the payload with another namespace and other codes for statuses, where they are given.
func (p *Payload) With(namespace string, codes map[string]string) *Payload {
	if namespace == "" && len(codes) == 0 {
		return p
	}
	q := *p
	if namespace != "" {
		q.Namespace = namespace
	}
	q.Statuses = map[string]map[string]string{}
	for word, row := range p.Statuses {
		q.Statuses[word] = merged(row, nil)
		if code, ok := codes[word]; ok {
			q.Statuses[word]["code"] = code
		}
	}
	return &q
}

// OwnPayload is the style of services that have none of a portal's: our own form in, our own status out.
var OwnPayload = sync.OnceValue(func() *Payload {
	p, err := Style(ownStyle)
	if err != nil {
		panic(err) // of embedded data, which a test checks
	}
	return p
})

const ownStyle = "kopir"

// is says whether a document is a request of this payload for this service.
func (q *PayloadRequest) is(root *xmltree.Element, namespace string) bool {
	if q == nil || root.Local() != q.Root || !q.spaced(root, namespace) {
		return false
	}
	for path, want := range q.Match {
		if v, ok := q.value(root, path); !ok || v != want {
			return false
		}
	}
	return true
}

// spaced is lax about who of root and children carries the namespace, as portals are; somebody has to.
func (q *PayloadRequest) spaced(root *xmltree.Element, namespace string) bool {
	if q.Qualify == QualifyNone {
		return root.Space() == ""
	}
	return root.Space() == namespace || root.Space() == "" &&
		slices.ContainsFunc(root.Children(), func(e *xmltree.Element) bool { return e.Space() == namespace })
}

// value follows a path and gives the text at its end; not where a step is missing or there twice, or where
// the end holds more than text.
func (q *PayloadRequest) value(e *xmltree.Element, path string) (string, bool) {
	for _, step := range strings.Split(path, "/") {
		var next *xmltree.Element
		for child := range e.EachChild() {
			if q.step(child) != step {
				continue
			}
			if next != nil {
				return "", false
			}
			next = child
		}
		if next == nil {
			return "", false
		}
		e = next
	}
	return strings.TrimSpace(e.Text()), plain(e)
}

// step is how a path names an element: its local name, with its key where it has one. A key that is
// there twice is none.
func (q *PayloadRequest) step(e *xmltree.Element) string {
	name := e.Local()
	by, keyed := q.Keyed[name]
	if !keyed {
		return name
	}
	key, found := "", 0
	for child := range e.EachChild() {
		if child.Local() == by && plain(child) {
			key = strings.TrimSpace(child.Text())
			found++
		}
	}
	if found != 1 {
		key = ""
	}
	return name + "[" + key + "]"
}

// merged is a with b's entries over it.
func merged[V any](a, b map[string]V) map[string]V {
	m := make(map[string]V, len(a)+len(b))
	for k, v := range a {
		m[k] = v
	}
	for k, v := range b {
		m[k] = v
	}
	return m
}
