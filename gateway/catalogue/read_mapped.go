package catalogue

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"kopir/gateway/worktime"
	"kopir/xmlsig/xmltree"
)

// step names an element the way paths do.
func (m *mapping) step(e *xmltree.Element) string {
	if m == nil {
		return e.Local()
	}
	return m.request.step(e)
}

// unknown notes what nobody reads. A portal's documents hold much that is not the service's business.
func (r *reader) unknown(path string) {
	if r.service.mapping == nil {
		r.warn("%s is not known to the service; it was not read", shorten(path))
	}
}

// translate turns a portal's value into the service's: its codes, and dates that carry more than a date.
func (r *reader) translate(known *place, path, shown, v string) string {
	m := r.service.mapping
	if m == nil || v == "" {
		return v
	}
	r.as[shown] = m.named(path, shown)
	if known.codes != nil {
		ours, ok := known.codes[v]
		if !ok {
			r.complain(shown, "is a code the service's mapping does not know")
		}
		v = ours
	}
	dated := known.name == "birth_date" || known.field != nil && known.field.Type == "date"
	if dated && len(v) > dateLength && strings.ContainsAny(v[dateLength:dateLength+1], "+-TZ ") {
		v = v[:dateLength]
	}
	return v
}

// rename gives the values the paths of the service's form.
func (r *reader) rename() {
	if r.service.mapping == nil {
		return
	}
	fields := make(map[string]string, len(r.form.Fields))
	for shown, v := range r.form.Fields {
		if own, ok := r.as[shown]; ok {
			shown = own
		}
		fields[shown] = v
	}
	r.form.Fields = fields
}

// momentLayouts are how portals write moments; without a zone they are the country's (gateway-protocol.md §1.5).
var momentLayouts = []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", time.DateOnly, "2006-01-02Z07:00"}

// isMoment demands the offset of our own form's dates; a portal may leave it out.
func (r *reader) isMoment(v string) bool {
	layouts := momentLayouts
	if r.service.mapping == nil {
		layouts = layouts[:1]
	}
	return slices.ContainsFunc(layouts, func(layout string) bool {
		_, err := time.ParseInLocation(layout, v, worktime.Location())
		return err == nil
	})
}

// territoryIn is the territory a portal's document names, in our codes.
func (s *Service) territoryIn(root *xmltree.Element) string {
	path := s.Fields["territory"]
	v, _ := s.mapping.request.value(root, path)
	if codes := s.shape[path].codes; codes != nil {
		return codes[v]
	}
	return v
}

// isFile says whether an element is an attachment of a mapped form. Where attachments are keyed values
// among others, they are known by what they carry.
func (s *Service) isFile(e *xmltree.Element, around string) bool {
	if s.mapping == nil || join(around, e.Local()) != s.Fields["attachments"] {
		return false
	}
	q := s.mapping.request
	if q.Keyed[e.Local()] == "" {
		return true
	}
	for _, path := range []string{q.Files.Content, q.Files.ID, q.Files.SHA256} {
		if path != "" && e.Find(path) != nil {
			return true
		}
	}
	return false
}

// file reads one attachment by the layout. A digest that the document does not name is made from the
// content it carries, which is covered as the document is; without either the file is not covered.
func (r *reader) file(e *xmltree.Element) {
	path := r.service.Fields["attachments"]
	if r.repeated[path]++; r.repeated[path] > maxRepeats {
		r.complain(path, "is there more often than a form may have attachments")
		return
	}
	part := func(at string) string {
		if at == "" || e.Find(at) == nil {
			return ""
		}
		v, clear := r.service.mapping.request.value(e, at)
		if !clear {
			r.complain(join(path, at), "is there twice, or holds more than text")
		}
		return v
	}
	l := r.service.mapping.request.Files
	a := Attachment{Code: part(l.Code), Name: part(l.Name), SHA256: strings.ToLower(part(l.SHA256)), ID: part(l.ID)}
	if codes := r.service.mapping.request.Codes["attachments"]; codes != nil {
		if ours, ok := codes[a.Code]; ok {
			a.Code = ours
		}
	}
	r.content(&a, join(path, l.Content), part(l.Content))
	switch {
	case !attachmentCodePattern.MatchString(a.Code):
		r.complain(join(path, l.Code), "is not a document code")
	case a.Name == "" || len(a.Name) > maxFileName || strings.ContainsAny(a.Name, "/\\"):
		r.complain(join(path, l.Name), "is not a file name")
	case a.SHA256 != "" && !isHex(a.SHA256, sha256Hex):
		r.complain(join(path, l.SHA256), "is not a SHA-256 in 64 hex digits")
	case a.ID != "" && !fileIDPattern.MatchString(a.ID):
		r.complain(join(path, l.ID), "is not an id of the temporary storage")
	case a.SHA256 == "" && a.ID == "":
		r.complain(path, "has neither content nor an id")
	default:
		r.form.Attachments = append(r.form.Attachments, a)
	}
}

func (r *reader) content(a *Attachment, path, encoded string) {
	if encoded == "" {
		return
	}
	content, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(encoded), ""))
	if err != nil {
		r.complain(path, "is not base64")
		return
	}
	sum := sha256.Sum256(content)
	digest := hex.EncodeToString(sum[:])
	if a.SHA256 != "" && a.SHA256 != digest {
		r.complain(path, "is not what the digest beside it says")
	}
	a.SHA256, a.Content = digest, content
}
