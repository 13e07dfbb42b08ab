package catalogue

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/xmltree"
)

// Form is what the domain reads from a signed application.
type Form struct {
	IIN, BIN      string
	Territory     string // KATO
	RequestNumber string
	ChainID       string
	RequestDate   string // as written
	Channel       string // "" when the form does not say
	Consent       bool
	Attachments   []Attachment
	Person        Person
	Warnings      []string
	Fields        map[string]string // every value by its path; "BusinessData/FamilyMember[2]/Name"
}

// Attachment is a file the form names by its digest, or holds.
type Attachment struct {
	Code, Name string
	SHA256     string // 64 small hex digits; empty where a portal signs none, and the file is then not covered
	ID         string // in the gateway's temporary storage, where the form names one
	Content    []byte // where the form carries the file itself
}

// Person is how the form names the applicant.
type Person struct {
	Surname, Name, Patronymic string
	BirthDate                 string // 1990-05-17, or as written
}

// Bounds of a form. They keep a refusal readable and a hostile form cheap.
const (
	maxRepeats    = 50 // attachments, family members
	maxComplaints = 5
	maxWarnings   = 20
	maxFileName   = 255
)

// requestNumber is the portal's own number: 14 digits today; letters are let pass for other portals.
var requestNumber = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z/_.-]{0,63}$`)

// attachmentCodePattern is what a document's code may look like.
var attachmentCodePattern = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z_.-]{0,63}$`)

// fileIDPattern is what an id of the temporary storage looks like: a number or a UUID, perhaps in braces.
var fileIDPattern = regexp.MustCompile(`^[0-9A-Za-z{][0-9A-Za-z_.:{}-]{0,127}$`)

// Read takes the form apart and checks it against the catalogue. The error is a *reason.Error:
// form_invalid, envelope_mismatch (the form names another channel), document_missing or
// consent_missing; no detail holds a value of the form. What could be read comes back beside an
// error too, so that a refusal can be recorded. A checksum that does not hold is a warning: the
// domain compares with the certificate and decides (DESIGN §4).
//
// A document in the portal's own form is read by the service's payload mapping; the fields come back by
// the paths of the service's form.
func (s *Service) Read(root *xmltree.Element, channel string) (Form, error) {
	if s.mapped != nil && s.SHEP.Payload.Request.is(root, s.SHEP.Payload.Namespace) {
		return s.mapped.Read(root, channel)
	}
	r := &reader{service: s, form: Form{Fields: map[string]string{}}, byName: map[string]string{}, repeated: map[string]int{}, as: map[string]string{}}
	r.walk(root, "", "")
	r.applicant()
	r.system()
	r.required()
	r.rename()
	switch {
	case len(r.complaints) > 0:
		return r.form, reason.New(codeFormInvalid, strings.Join(r.complaints, "; "))
	case r.form.Channel != "" && channel != "" && r.form.Channel != channel:
		return r.form, reason.Newf(codeEnvelopeMismatch, "the form says it came by %s, the caller's channel is %s", r.form.Channel, channel)
	}
	if missing := s.missingDocuments(r.form.Attachments, channel); len(missing) > 0 {
		return r.form, reason.New(codeDocumentMissing, "missing: "+strings.Join(missing, ", "))
	}
	if s.ConsentRequired && !r.form.Consent {
		return r.form, reason.Newf(codeConsentMissing, "%s: the applicant's consent to the use of protected data is not given", s.Fields["consent"])
	}
	return r.form, nil
}

type reader struct {
	service    *Service
	form       Form
	byName     map[string]string
	repeated   map[string]int    // how often an element that may repeat is there
	as         map[string]string // of a mapped form: the path read → the path of the service's form
	complaints []string
}

// complain names what is wrong with a path, once: a value that could not be read is not missing, too.
func (r *reader) complain(path, what string) {
	told := slices.ContainsFunc(r.complaints, func(c string) bool { return strings.HasPrefix(c, path+": ") })
	if !told && len(r.complaints) < maxComplaints {
		r.complaints = append(r.complaints, path+": "+what)
	}
}

func (r *reader) warn(format string, args ...any) {
	if len(r.form.Warnings) < maxWarnings {
		r.form.Warnings = append(r.form.Warnings, fmt.Sprintf(format, args...))
	}
}

// dsig is the namespace of signatures, which are no part of the form.
const dsig = "http://www.w3.org/2000/09/xmldsig#"

// walk visits the elements below e; path is the bare path, shown the one with indices.
func (r *reader) walk(e *xmltree.Element, path, shown string) {
	count := map[string]int{}
	for _, child := range e.Children() {
		if path == "" && child.Is(dsig, "Signature") {
			continue
		}
		if r.service.isFile(child, path) {
			r.file(child)
			continue
		}
		name := r.service.mapping.step(child)
		p := join(path, name)
		known := r.service.shape[p]
		if known == nil {
			r.unknown(p)
			continue
		}
		count[name]++
		if count[name] > 1 && !known.repeats {
			r.complain(p, "is there twice")
			continue
		}
		show := join(shown, name)
		if known.repeats {
			if r.repeated[p]++; r.repeated[p] > maxRepeats {
				r.complain(p, fmt.Sprintf("is there more than %d times", maxRepeats))
				return
			}
			show = fmt.Sprintf("%s[%d]", show, count[name])
		}
		r.visit(child, known, p, show)
	}
}

func (r *reader) visit(e *xmltree.Element, known *place, path, shown string) {
	switch {
	case r.service.mapping == nil && path == r.service.Fields["attachments"]+"/"+attachmentElement:
		r.attachment(e, path, shown)
	case !known.leaf:
		r.walk(e, path, shown)
	case !plain(e):
		r.complain(shown, "holds more than text: elements, comments and processing instructions have no place in a value")
	default:
		r.value(known, shown, r.translate(known, path, shown, strings.TrimSpace(e.Text())))
	}
}

// plain tells whether an element holds nothing but text. Programs disagree about a value that is
// split by something else: some read it to the first piece only.
func plain(e *xmltree.Element) bool {
	d := e.Document()
	for i := e.Index() + 1; i < d.End(e.Index()); i++ {
		if d.Kind(i) != xmltree.KindText {
			return false
		}
	}
	return true
}

func (r *reader) value(known *place, shown, v string) {
	if known.field != nil && known.field.Type == typeFile {
		r.embedded(known.field, shown, v)
		return
	}
	r.form.Fields[shown] = v
	if known.name != "" {
		r.byName[known.name] = v
	}
	if known.field == nil || v == "" {
		return
	}
	if wrong := known.field.check(v); wrong != "" {
		r.complain(shown, wrong)
	}
}

func (r *reader) attachment(e *xmltree.Element, path, shown string) {
	before := len(r.complaints)
	r.walk(e, path, shown)
	a := Attachment{
		Code:   r.form.Fields[shown+"/"+attachmentCode],
		Name:   r.form.Fields[shown+"/"+attachmentName],
		SHA256: strings.ToLower(r.form.Fields[shown+"/"+attachmentSHA256]),
		ID:     r.form.Fields[shown+"/"+attachmentFileID],
	}
	switch {
	case !attachmentCodePattern.MatchString(a.Code):
		r.complain(shown+"/"+attachmentCode, "is not a document code")
	case a.Name == "" || len(a.Name) > maxFileName || strings.ContainsAny(a.Name, "/\\"):
		r.complain(shown+"/"+attachmentName, "is not a file name")
	case !isHex(a.SHA256, sha256Hex):
		r.complain(shown+"/"+attachmentSHA256, "is not a SHA-256 in 64 hex digits")
	case a.ID != "" && !fileIDPattern.MatchString(a.ID):
		r.complain(shown+"/"+attachmentFileID, "is not an id of the temporary storage")
	}
	if len(r.complaints) > before {
		return
	}
	r.form.Attachments = append(r.form.Attachments, a)
	if !slices.ContainsFunc(r.service.Documents, func(d Document) bool { return d.Code == a.Code }) {
		r.warn("%s: the service asks for no document %q", shown, a.Code)
	}
}

// applicant reads who asks.
func (r *reader) applicant() {
	f, s := &r.form, r.service
	f.IIN, f.BIN = r.byName["iin"], r.byName["bin"]
	f.Person = Person{r.byName["surname"], r.byName["name"], r.byName["patronymic"], r.byName["birth_date"]}
	switch {
	case f.IIN == "" && f.BIN == "" && s.Applicant.Identity == IdentityIINOrBIN:
		r.complain(s.Fields["iin"], "neither an IIN nor a BIN is given")
	case f.IIN == "" && s.Applicant.Identity == IdentityIIN:
		r.complain(s.Fields["iin"], "is missing")
	}
	r.number(s.Fields["iin"], f.IIN, pki.CheckIIN)
	r.number(s.Fields["bin"], f.BIN, pki.CheckBIN)
}

func (r *reader) number(path, v string, checksum func(string) bool) {
	switch {
	case v == "":
	case !isDigits(v, iinDigits):
		r.complain(path, "is not 12 digits")
	case !checksum(v):
		r.warn("%s: the check digit does not fit", path)
	}
}

// system reads what the portal adds: territory, number, date, channel, consent.
func (r *reader) system() {
	f, fields := &r.form, r.service.Fields
	f.Territory, f.RequestNumber, f.ChainID = r.byName["territory"], r.byName["request_number"], r.byName["chain_id"]
	f.RequestDate, f.Channel = r.byName["request_date"], r.byName["channel"]
	if !isDigits(f.Territory, territoryDigits) {
		r.complain(fields["territory"], missingOr(f.Territory, "is not a KATO code of 9 digits"))
	}
	if !requestNumber.MatchString(f.RequestNumber) {
		r.complain(fields["request_number"], missingOr(f.RequestNumber, "is not a request number"))
	}
	if f.ChainID != "" && !requestNumber.MatchString(f.ChainID) {
		r.complain(fields["chain_id"], "is not a request number")
	}
	if !r.isMoment(f.RequestDate) {
		r.complain(fields["request_date"], missingOr(f.RequestDate, "is not a date and time with its offset, like 2026-11-23T10:47:28+05:00"))
	}
	if f.Channel != "" && !slices.Contains(Channels(), f.Channel) {
		r.complain(fields["channel"], "is none of the channels")
	}
	switch r.byName["consent"] {
	case "true", "1":
		f.Consent = true
	case "", "false", "0":
	default:
		r.complain(fields["consent"], "is neither true nor false")
	}
}

// required complains of fields that are not there. Below an element that repeats a field is
// required in every one of them; the element itself need not be there.
func (r *reader) required() {
	for _, field := range r.service.Schema {
		if !field.Required {
			continue
		}
		for _, path := range r.instances(field.Path) {
			if r.form.Fields[path] == "" {
				r.complain(path, "is missing")
			}
		}
	}
}

// instances are the paths of a field in this form: one, or one for every repetition of the element around it.
func (r *reader) instances(path string) []string {
	for _, around := range r.service.Repeats {
		leaf, below := strings.CutPrefix(path, around+"/")
		if !below {
			continue
		}
		list := make([]string, r.repeated[around])
		for i := range list {
			list[i] = fmt.Sprintf("%s[%d]/%s", around, i+1, leaf)
		}
		return list
	}
	return []string{path}
}

// missingDocuments are the codes that are required for the channel and not attached.
func (s *Service) missingDocuments(have []Attachment, channel string) []string {
	there := func(d Document) bool {
		return slices.ContainsFunc(have, func(a Attachment) bool { return a.Code == d.Code })
	}
	var missing []string
	groups := map[string]bool{}
	for _, d := range s.Documents {
		if d.Optional || d.Shown || !slices.Contains(d.Channels, channel) || there(d) {
			continue
		}
		if d.OneOf == "" {
			missing = append(missing, d.Code)
			continue
		}
		inGroup := func(o Document) bool { return o.OneOf == d.OneOf && there(o) }
		if !groups[d.OneOf] && !slices.ContainsFunc(s.Documents, inGroup) {
			missing = append(missing, "one of "+d.OneOf)
		}
		groups[d.OneOf] = true
	}
	return missing
}

func missingOr(v, wrong string) string {
	if v == "" {
		return "is missing"
	}
	return wrong
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "/" + name
}
