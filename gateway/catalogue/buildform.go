package catalogue

import (
	"regexp"
	"slices"
	"strings"
)

// Who the form names.
const (
	IdentityIIN      = "iin"
	IdentityIINOrBIN = "iin_or_bin"
)

// fieldNames are the places of a form the domain asks for by name.
var fieldNames = []string{"iin", "bin", "surname", "name", "patronymic", "birth_date", "territory", "request_number",
	"chain_id", "request_date", "channel", "consent", "attachments"}

// fieldNeeded are those every service must place.
var fieldNeeded = []string{"iin", "territory", "request_number", "request_date", "attachments"}

// pathPattern is a path in the form: local names.
var pathPattern = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]*(/[A-Za-z][A-Za-z0-9]*)*$`)

func (b *builder) form(s *Service, f serviceFile) {
	for _, name := range fieldNeeded {
		if f.Fields[name] == "" {
			b.fail(at("fields"), "fields: the place of %s is missing", name)
		}
	}
	if s.Applicant.Identity == IdentityIINOrBIN && f.Fields["bin"] == "" {
		b.fail(at("fields"), "fields: the place of bin is missing; the applicant may be a body")
	}
	if f.Consent && f.Fields["consent"] == "" {
		b.fail(at("fields"), "fields: the place of consent is missing; the service requires it")
	}
	for name, p := range f.Fields {
		b.oneOf(name, at("fields", name), fieldNames...)
		if !pathPattern.MatchString(p) {
			b.fail(at("fields", name), "fields: %q is not a path like Applicant/IIN", p)
		}
	}
	for i, field := range f.Schema {
		made := b.field(i, field)
		if slices.ContainsFunc(s.Schema, func(o Field) bool { return o.Path == made.Path }) {
			b.fail(at("schema", i), "schema: %s is there twice", made.Path)
		}
		s.Schema = append(s.Schema, made)
	}
	for i, path := range f.Repeats {
		if !slices.ContainsFunc(s.Schema, func(o Field) bool { return strings.HasPrefix(o.Path, path+"/") }) {
			b.fail(at("repeats", i), "repeats: no field of the schema lies below %q", path)
		}
	}
	s.shape = shapeOf(s)
}

func (b *builder) field(i int, f fieldFile) Field {
	where := at("schema", i)
	if !pathPattern.MatchString(f.Path) {
		b.fail(where, "schema: %q is not a path like BusinessData/FamilySize", f.Path)
	}
	if _, known := fieldTypes[f.Type]; !known {
		b.fail(where, "schema: %s: type %q is not known", f.Path, f.Type)
	}
	var pattern *regexp.Regexp
	if f.Pattern != "" {
		var err error
		if pattern, err = regexp.Compile(`^(?:` + f.Pattern + `)$`); err != nil {
			b.fail(where, "schema: %s: the pattern cannot be read: %v", f.Path, err)
		}
	}
	if f.Type == "choice" && len(f.Values) == 0 {
		b.fail(where, "schema: %s: a choice needs values", f.Path)
	}
	if f.Max < 0 {
		b.fail(where, "schema: %s: max is negative", f.Path)
	}
	return Field{
		Path: f.Path, Type: f.Type, Pattern: f.Pattern, Values: f.Values, Max: f.Max,
		Required: f.Required, Example: f.Example, Document: f.Document, Label: b.text(Text{"kk": f.KK, "ru": f.RU}, where), pattern: pattern,
	}
}

func (b *builder) documents(s *Service, f serviceFile) {
	for i, d := range f.Documents {
		if !idPattern.MatchString(d.Code) {
			b.fail(at("documents", i), "document: code %q: want small letters, digits and underscores", d.Code)
		}
		if slices.ContainsFunc(s.Documents, func(o Document) bool { return o.Code == d.Code }) {
			b.fail(at("documents", i), "document %q is there twice", d.Code)
		}
		b.someOf(d.Channels, at("documents", i, "channels"), s.Channels...)
		s.Documents = append(s.Documents, Document{
			Code: d.Code, Title: b.text(Text{"kk": d.KK, "ru": d.RU}, at("documents", i)),
			Channels: d.Channels, Optional: d.Optional, Shown: d.Shown, OneOf: d.OneOf,
		})
	}
	for i, t := range f.FromState {
		b.text(t, at("from_state", i))
	}
	if len(f.Storage) > 0 {
		b.text(f.Storage, at("storage"))
	}
}
