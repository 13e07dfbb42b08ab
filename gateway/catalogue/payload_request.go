package catalogue

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// payloadPath is a path in a portal's document: names with their keys, "updatedValues[income]/values/string".
var payloadPath = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]*(\[[^\[\]/]{1,64}\])?(/[A-Za-z_][A-Za-z0-9_.-]*(\[[^\[\]/]{1,64}\])?)*$`)

func (b *builder) request(p *Payload, f *payloadRequestFile, s *Service) *PayloadRequest {
	q := &PayloadRequest{Root: f.Root, Qualify: cmp.Or(f.Qualify, QualifyNone), Match: f.Match, Keyed: f.Keyed, Fields: f.Fields,
		Values: f.Values, Repeats: f.Repeats, Codes: f.Codes, Files: FileLayout(f.File)}
	b.oneOf(q.Qualify, at("request", "qualify"), QualifyNone, QualifyRoot, QualifyChildren, QualifyAll)
	if !namePattern.MatchString(q.Root) {
		b.fail(at("request", "root"), "request: root %q is not an element's name", q.Root)
	}
	if q.Qualify != QualifyNone && p.Namespace == "" {
		b.fail(at("request"), "request: qualify %s needs the payload's namespace", q.Qualify)
	}
	b.requestPaths(q)
	for name := range q.Fields {
		b.oneOf(name, at("request", "fields", name), fieldNames...)
	}
	if q.Fields["attachments"] != "" {
		b.layout(q.Files)
	}
	if s != nil {
		b.mapped(q, s)
		q.view(s)
	}
	return q
}

func (b *builder) requestPaths(q *PayloadRequest) {
	for section, paths := range map[string]map[string]string{"fields": q.Fields, "values": q.Values, "repeats": q.Repeats} {
		for _, name := range slices.Sorted(maps.Keys(paths)) {
			if !payloadPath.MatchString(paths[name]) {
				b.fail(at("request", section, name), "request: %s: %q is not a path like RequestData/PersonalData/IIN or updatedValues[income]/values/string", name, paths[name])
			}
		}
	}
	for path := range q.Match {
		if !payloadPath.MatchString(path) {
			b.fail(at("request", "match", path), "request: match: %q is not a path", path)
		}
	}
	for element, child := range q.Keyed {
		if !namePattern.MatchString(element) || !namePattern.MatchString(child) {
			b.fail(at("request", "keyed", element), "request: keyed: want an element and the child that names it, like updatedValues: code")
		}
	}
}

// layout demands what an attachment cannot be told by otherwise.
func (b *builder) layout(l FileLayout) {
	for part, path := range map[string]string{"code": l.Code, "name": l.Name} {
		if path == "" {
			b.fail(at("request", "file"), "request: file: the place of its %s is missing", part)
		}
	}
	if l.SHA256 == "" && l.ID == "" && l.Content == "" {
		b.fail(at("request", "file"), "request: file: want at least one of sha256, id, content")
	}
	for _, path := range []string{l.Code, l.Name, l.SHA256, l.ID, l.Content} {
		if path != "" && !payloadPath.MatchString(path) {
			b.fail(at("request", "file"), "request: file: %q is not a path", path)
		}
	}
}

// mapped demands that everything the service must have has a place, and that what is mapped exists.
func (b *builder) mapped(q *PayloadRequest, s *Service) {
	needed := []string{"iin", "territory", "request_number", "request_date"}
	if s.ConsentRequired {
		needed = append(needed, "consent")
	}
	if slices.ContainsFunc(s.Documents, func(d Document) bool { return !d.Optional && !d.Shown }) {
		needed = append(needed, "attachments")
	}
	for _, name := range needed {
		if q.Fields[name] == "" {
			b.fail(at("request", "fields"), "request: the place of %s is missing", name)
		}
	}
	places := map[string]bool{}
	for name, path := range s.Fields {
		places[path] = q.Fields[name] != ""
	}
	for _, f := range s.Schema {
		if f.Required && q.Values[f.Path] == "" && !places[f.Path] {
			b.fail(at("request", "values"), "request: the service requires %s, and values names no place for it", f.Path)
		}
	}
	for path := range q.Values {
		if !slices.ContainsFunc(s.Schema, func(f Field) bool { return f.Path == path }) {
			b.fail(at("request", "values", path), "request: the service's schema has no field %s", path)
		}
	}
	for path := range q.Repeats {
		if !slices.Contains(s.Repeats, path) {
			b.fail(at("request", "repeats", path), "request: %s does not repeat in the service's form", path)
		}
	}
	for name := range q.Codes {
		if q.Fields[name] == "" && q.Values[name] == "" {
			b.fail(at("request", "codes", name), "request: codes of %s, which has no place", name)
		}
	}
}

// view makes the service as the portal writes it: the same fields at the portal's places. The reader of
// forms reads it as it reads any other.
func (q *PayloadRequest) view(s *Service) {
	v := *s
	v.Fields, v.Schema, v.Repeats = q.Fields, nil, slices.Collect(maps.Values(q.Repeats))
	as := map[string]string{} // path of the portal → path of the form
	for name, path := range q.Fields {
		as[path] = cmp.Or(s.Fields[name], name)
	}
	for _, f := range s.Schema {
		path := q.Values[f.Path]
		for name, own := range s.Fields {
			if own == f.Path && path == "" {
				path = q.Fields[name]
			}
		}
		if path == "" {
			continue
		}
		as[path] = f.Path
		f.Path = path
		v.Schema = append(v.Schema, f)
	}
	v.mapping = &mapping{request: q, as: as, around: map[string]string{}}
	for own, path := range q.Repeats {
		v.mapping.around[path] = own
	}
	v.shape = shapeOf(&v)
	for name, table := range q.Codes {
		path := cmp.Or(q.Fields[name], q.Values[name])
		if name != "attachments" {
			v.shape[path].codes = table
		}
	}
	s.mapped = &v
}

// mapping turns what was read at the portal's places back into the service's form.
type mapping struct {
	request *PayloadRequest
	as      map[string]string
	around  map[string]string // repeating element of the portal → of the form
}

// named is the form's path of a value shown at a portal's place: the index of a repetition is kept.
func (m *mapping) named(path, shown string) string {
	own, ok := m.as[path]
	if !ok {
		return shown
	}
	for theirs, ours := range m.around {
		rest, below := strings.CutPrefix(shown, theirs+"[")
		index, _, closed := strings.Cut(rest, "]")
		if below && closed && strings.HasPrefix(own, ours+"/") {
			return ours + "[" + index + "]" + own[len(ours):]
		}
	}
	return own
}
