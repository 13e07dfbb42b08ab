package simulate

import (
	"strings"
	"time"

	"kopir/gateway/catalogue"
	"kopir/xmlsig/xmltree"
)

// Application is what a citizen fills in; the form follows from the service.
type Application struct {
	Service       *catalogue.Service
	Namespace     string // instead of the service's own, for a service nobody offers
	IIN, BIN      string
	Territory     string
	Channel       string
	RequestNumber string
	At            time.Time
	Files         []File // by the code of their document; one that is not here is named with a digest of nothing
}

// File is a file the form names.
type File struct {
	Code, Name, SHA256 string
	ID                 string // in the temporary storage
}

// file is what is attached as this document.
func (a Application) file(code string) File {
	for _, f := range a.Files {
		if f.Code == code {
			return f
		}
	}
	return File{Code: code, Name: code + ".pdf", SHA256: strings.Repeat("0a1b2c3d", 8)}
}

// XML writes the unsigned form: the fixed part, then every required field and document of the
// service with a sample value of its type.
func (a Application) XML() []byte {
	root := &node{name: "Application"}
	for path, value := range a.fixed() {
		if value != "" {
			root.put(path, value)
		}
	}
	for _, f := range a.Service.Schema {
		if f.Required && root.find(f.Path) == nil {
			root.put(f.Path, sample(f))
		}
	}
	a.attach(root)
	namespace := a.Namespace
	if namespace == "" {
		namespace = a.Service.Namespace
	}
	out := []byte(`<app:Application xmlns:app="` + namespace + `">` + "\n")
	for _, child := range root.children {
		out = child.write(out, 1)
	}
	return append(out, "</app:Application>"...)
}

// fixed is an ordered walk over what every application says (DESIGN §3 rule 2).
func (a Application) fixed() func(yield func(path, value string) bool) {
	f := a.Service.Fields
	consent := ""
	if a.Service.ConsentRequired {
		consent = "true"
	}
	pairs := [][2]string{
		{f["request_number"], a.RequestNumber}, {"SystemInfo/ChainId", a.RequestNumber},
		{f["request_date"], a.At.Format(time.RFC3339)},
		{f["iin"], a.IIN}, {f["bin"], a.BIN}, {"Applicant/Surname", "СЫНАҚОВ"}, {"Applicant/Name", "ҮЛГІ"},
		{f["territory"], a.Territory}, {f["channel"], a.Channel}, {f["consent"], consent},
	}
	return func(yield func(string, string) bool) {
		for _, p := range pairs {
			if p[0] != "" && !yield(p[0], p[1]) {
				return
			}
		}
	}
}

// attach names every document the channel asks for.
func (a Application) attach(root *node) {
	seen := map[string]bool{}
	for _, d := range a.Service.Documents {
		if !wants(d, a.Channel) || seen[d.OneOf] {
			continue
		}
		seen[d.OneOf] = d.OneOf != ""
		list := root.make(a.Service.Fields["attachments"])
		item := &node{name: "Attachment"}
		f := a.file(d.Code)
		item.put("Code", f.Code)
		item.put("FileName", f.Name)
		item.put("SHA256", f.SHA256)
		if f.ID != "" {
			item.put("FileIdentifier", f.ID)
		}
		list.children = append(list.children, item)
	}
}

func wants(d catalogue.Document, channel string) bool {
	if d.Optional {
		return false
	}
	for _, c := range d.Channels {
		if c == channel {
			return true
		}
	}
	return len(d.Channels) == 0
}

// samples are values the field types accept.
var samples = map[string]string{
	"date": "2000-01-31", "year": "2000", "integer": "1", "decimal": "1000", "boolean": "true", "kato": "593200000",
	"phone": "+7 700 000 00 00", "email": "ulgi@example.kz", "account": "KZ000000000000000000",
	"iin": SyntheticIIN(900), "bin": SyntheticBIN(900),
}

// sample is a value of the field's type that the form accepts.
func sample(f catalogue.Field) string {
	if len(f.Values) > 0 {
		return f.Values[0]
	}
	if s, ok := samples[f.Type]; ok {
		return s
	}
	return "Үлгі"
}

// node is a small tree to write forms from; children keep their order.
type node struct {
	name, text string
	children   []*node
}

func (n *node) find(path string) *node {
	head, rest, more := strings.Cut(path, "/")
	for _, c := range n.children {
		if c.name == head {
			if !more {
				return c
			}
			return c.find(rest)
		}
	}
	return nil
}

func (n *node) make(path string) *node {
	head, rest, more := strings.Cut(path, "/")
	var child *node
	for _, c := range n.children {
		if c.name == head {
			child = c
		}
	}
	if child == nil {
		child = &node{name: head}
		n.children = append(n.children, child)
	}
	if more {
		return child.make(rest)
	}
	return child
}

func (n *node) put(path, value string) { n.make(path).text = value }

func (n *node) write(out []byte, depth int) []byte {
	indent := strings.Repeat("  ", depth)
	out = append(out, indent+"<"+n.name+">"...)
	if len(n.children) == 0 {
		out = xmltree.EscapeText(out, n.text)
		return append(out, "</"+n.name+">\n"...)
	}
	out = append(out, '\n')
	for _, c := range n.children {
		out = c.write(out, depth+1)
	}
	return append(out, indent+"</"+n.name+">\n"...)
}

// Result is the unsigned answer of a provider.
type Result struct {
	Number, Service, IIN, Outcome, Ground string
	TextKk, TextRu                        string
	At                                    time.Time
}

// XML writes the result form.
func (r Result) XML() []byte {
	root := &node{name: "Result"}
	for _, p := range [][2]string{{"Number", r.Number}, {"Service", r.Service}, {"IIN", r.IIN}, {"Outcome", r.Outcome},
		{"Ground", r.Ground}, {"TextKk", r.TextKk}, {"TextRu", r.TextRu}, {"DecidedAt", r.At.Format(time.RFC3339)}} {
		if p[1] != "" {
			root.put(p[0], p[1])
		}
	}
	out := []byte(`<r:Result xmlns:r="urn:kopir:result:1">` + "\n")
	for _, c := range root.children {
		out = c.write(out, 1)
	}
	return append(out, "</r:Result>"...)
}
