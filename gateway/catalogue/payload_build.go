package catalogue

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"kopir/xmlsig/xmltree"
)

// payload builds shep.payload of a service: a style with the service's own section over it.
func (b *builder) payload(f *payloadFile, s *Service) {
	if f == nil {
		s.SHEP.Payload = b.styles[ownStyle].payload
		return
	}
	b.under = at("shep", "payload")
	defer func() { b.under = nil }()
	whole := *f
	if f.Style != "" {
		base, known := b.styles[f.Style]
		if !known {
			b.fail(at("style"), "payload: there is no style %q: have %s", f.Style, strings.Join(slices.Sorted(maps.Keys(b.styles)), ", "))
			return
		}
		if base.payload == nil {
			return // its own mistakes are told
		}
		whole = f.over(base.file)
	}
	s.SHEP.Payload = b.payloadOf(whole, s)
}

// payloadOf builds a payload; without a service it is a style by itself.
func (b *builder) payloadOf(f payloadFile, s *Service) *Payload {
	p := &Payload{Style: f.Style, Variant: cmp.Or(f.Variant, VariantText), Namespace: f.Namespace, Statuses: f.Statuses, file: b.file}
	b.oneOf(p.Variant, at("variant"), VariantText, VariantTyped, VariantElement)
	p.Notification = b.template(p, f.Notification, "notification")
	p.Response = b.template(p, f.Response, "response")
	p.Refusal = b.template(p, f.Refusal, "refusal")
	if p.Notification == nil || p.Response == nil {
		b.fail(nil, "payload: notification and response are needed: write them, or name a style")
	}
	b.statuses(p)
	if f.Request != nil {
		p.Request = b.request(p, f.Request, s)
	}
	for i, sample := range f.Samples {
		b.sample(p, i, sample)
	}
	return p
}

// namePattern is a plain XML name; prefixes come from the template.
var namePattern = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*$`)

func (b *builder) template(p *Payload, f *templateFile, what string) *Template {
	if f == nil {
		return nil
	}
	t := &Template{Root: f.Root, Qualify: cmp.Or(f.Qualify, QualifyNone), Prefix: f.Prefix}
	b.oneOf(t.Qualify, at(what, "qualify"), QualifyNone, QualifyRoot, QualifyChildren, QualifyAll)
	if !namePattern.MatchString(t.Root) {
		b.fail(at(what, "root"), "%s: root %q is not an element's name", what, t.Root)
	}
	if t.Prefix != "" && (!xmltree.IsNCName(t.Prefix) || strings.HasPrefix(strings.ToLower(t.Prefix), "xml")) {
		b.fail(at(what, "prefix"), "%s: %q is no prefix", what, t.Prefix)
	}
	if t.Prefix == "" && (t.Qualify == QualifyRoot || t.Qualify == QualifyChildren) {
		b.fail(at(what), "%s: qualify %s needs a prefix: a default namespace would reach the others", what, t.Qualify)
	}
	if t.Qualify != QualifyNone && p.Namespace == "" {
		b.fail(at(what), "%s: qualify %s needs the payload's namespace", what, t.Qualify)
	}
	t.Elements = b.elements(&f.Elements, false, 0)
	b.facts(p, t)
	return t
}

// maxTemplateDepth ends a template that an anchor puts into itself.
const maxTemplateDepth = 16

// elements reads a list of one-key maps; the name may end in ? or *.
func (b *builder) elements(n *yaml.Node, inFile bool, depth int) []TemplateElement {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if n.Kind != yaml.SequenceNode || len(n.Content) == 0 || depth > maxTemplateDepth {
		b.problems.Add(b.file, n.Line, "template: want a list of elements like  - RequestNumber: \"{request_number}\"")
		return nil
	}
	var list []TemplateElement
	for _, item := range n.Content {
		if item.Kind != yaml.MappingNode || len(item.Content) != 2 {
			b.problems.Add(b.file, item.Line, "template: want one element, its name and its text or its elements")
			continue
		}
		key, value := item.Content[0], item.Content[1]
		e := TemplateElement{Name: strings.TrimRight(key.Value, "?*"), line: key.Line,
			May: strings.HasSuffix(key.Value, "?"), EachFile: strings.HasSuffix(key.Value, "*")}
		if !namePattern.MatchString(e.Name) {
			b.problems.Add(b.file, key.Line, "template: %q is not an element's name", key.Value)
		}
		if value.Kind == yaml.ScalarNode {
			e.Text = value.Value
			b.braces(e, inFile || e.EachFile)
		} else {
			e.Elements = b.elements(value, inFile || e.EachFile, depth+1)
		}
		list = append(list, e)
	}
	return list
}

// braces demands that every brace of a text belongs to a fact, and that facts of files stand below an element with *.
func (b *builder) braces(e TemplateElement, inFile bool) {
	if left := factPattern.ReplaceAllString(e.Text, ""); strings.ContainsAny(left, "{}") {
		b.problems.Add(b.file, e.line, "template: %s: %q: want facts like {request_number} or {due_at|date}", e.Name, e.Text)
	}
	for _, m := range factPattern.FindAllStringSubmatch(e.Text, -1) {
		if strings.HasPrefix(m[1], "file.") && !inFile {
			b.problems.Add(b.file, e.line, "template: %s: {%s} is of a file: end the name of an element around it with *", e.Name, m[1])
		}
	}
}

// facts demands that every fact is known, and every column of the status table there for every status.
func (b *builder) facts(p *Payload, t *Template) {
	eachElement(t.Elements, func(e TemplateElement) {
		for _, m := range factPattern.FindAllStringSubmatch(e.Text, -1) {
			column, ofStatus := strings.CutPrefix(m[1], "status.")
			if !ofStatus && !slices.Contains(FactNames(), m[1]) {
				b.problems.Add(b.file, e.line, "template: %s: there is no fact {%s}", e.Name, m[1])
			}
			if !ofStatus {
				continue
			}
			for _, word := range PayloadStatuses() {
				if row, ok := p.Statuses[word]; ok && row[column] == "" {
					b.fail(at("statuses", word), "statuses: %s has no %q, which %s tells", word, column, e.Name)
				}
			}
		}
	})
}

func (b *builder) statuses(p *Payload) {
	for _, word := range PayloadStatuses() {
		if p.Statuses[word] == nil {
			b.fail(at("statuses"), "statuses: there is no row for %s", word)
		}
	}
	for word := range p.Statuses {
		b.oneOf(word, at("statuses", word), PayloadStatuses()...)
	}
}

func (b *builder) sample(p *Payload, i int, f sampleFile) {
	where := at("samples", i)
	switch {
	case f.Request != "" && len(f.Expect) > 0 && f.Status == "" && f.Golden == "":
	case f.Status != "" && f.Golden != "" && f.Request == "" && len(f.Expect) == 0:
		b.oneOf(f.Status, append(where, "status"), PayloadStatuses()...)
	default:
		b.fail(where, "sample: want a request file with what to expect of it, or a status with its golden file")
		return
	}
	p.Samples = append(p.Samples, Sample(f))
	p.line = append(p.line, lineOf(b.root, append(slices.Clone(b.under), where...)))
}
