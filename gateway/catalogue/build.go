package catalogue

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"kopir/gateway/worktime"
)

// builder turns a file into a service and reports what is wrong with its line.
type builder struct {
	file     string
	root     *yaml.Node
	problems *ProblemList
	styles   map[string]style
	under    []string // where the section being built begins
}

// fail reports a mistake at a place in the file: "term", "portal", or an index as a number.
func (b *builder) fail(at []string, format string, args ...any) {
	b.problems.Add(b.file, lineOf(b.root, append(slices.Clone(b.under), at...)), format, args...)
}

// lineOf walks to a place; where it ends early, the nearest line above is given.
func lineOf(n *yaml.Node, at []string) int {
	if n.Kind == yaml.DocumentNode && len(n.Content) > 0 {
		n = n.Content[0]
	}
	line := n.Line
	for _, step := range at {
		var next *yaml.Node
		switch n.Kind {
		case yaml.MappingNode:
			for i := 0; i+1 < len(n.Content); i += 2 {
				if n.Content[i].Value == step {
					next, line = n.Content[i+1], n.Content[i].Line
				}
			}
		case yaml.SequenceNode:
			if i, err := strconv.Atoi(step); err == nil && i < len(n.Content) {
				next, line = n.Content[i], n.Content[i].Line
			}
		}
		if next == nil {
			return line
		}
		n = next
	}
	return line
}

func at(steps ...any) []string {
	list := make([]string, len(steps))
	for i, s := range steps {
		switch s := s.(type) {
		case string:
			list[i] = s
		case int:
			list[i] = strconv.Itoa(s)
		}
	}
	return list
}

// idPattern is the form of ids and codes: they travel in namespaces, metrics and file names.
var idPattern = regexp.MustCompile(`^[a-z0-9]+([_-][a-z0-9]+)*$`)

func (b *builder) service(f serviceFile) *Service {
	s := &Service{
		Key: f.Key, Namespace: f.Namespace, Version: f.Version, Form: f.Form, Free: f.Free,
		Channels: f.Channels, Regions: f.Regions, ProviderKinds: f.ProviderKinds,
		Applicant: Applicant{Identity: f.Applicant.Identity, Who: b.text(f.Applicant.Who, at("applicant", "who"))},
		SHEP:      SHEP{ServiceIDs: f.SHEP.ServiceIDs, Routes: f.SHEP.Routes, Ours: f.SHEP.Ours, Transport: f.SHEP.Transport, BIN: f.SHEP.BIN},
		Fields:    f.Fields, Repeats: f.Repeats, ConsentRequired: f.Consent, FromState: f.FromState,
		Storage: Storage{Text: f.Storage}, Notes: f.Notes, Gaps: f.Gaps,
	}
	s.ID, s.Variant = splitKey(f.Key)
	s.Title = b.text(f.Title, at("title"))
	b.head(s, f)
	b.legal(s, f)
	b.people(s, f)
	b.form(s, f)
	b.documents(s, f)
	b.files(s, f.Files)
	b.fileFields(s)
	b.terms(s, f)
	b.outcome(s, f)
	b.revocation(s, f.Revocation)
	b.lookups(s, f.Lookups)
	b.payload(f.SHEP.Payload, s)
	return s
}

// text demands a sentence in Kazakh and in Russian.
func (b *builder) text(t Text, where []string) Text {
	for _, lang := range []string{"kk", "ru"} {
		if strings.TrimSpace(t[lang]) == "" {
			b.fail(where, "%s lacks its text in %s", strings.Join(where, "."), lang)
		}
	}
	for lang := range t {
		if lang != "kk" && lang != "ru" && lang != "en" {
			b.fail(where, "%s has a text in %q: want kk, ru or en", strings.Join(where, "."), lang)
		}
	}
	return t
}

func (b *builder) head(s *Service, f serviceFile) {
	if !idPattern.MatchString(s.ID) || s.Variant != "" && !idPattern.MatchString(s.Variant) {
		b.fail(at("key"), "key %q: want small letters, digits and hyphens, as in asp-certificate/zhambyl", f.Key)
	}
	if !namedAsKey(b.file, f.Key) {
		b.fail(at("key"), "the file of %q is named %s.yaml", f.Key, wantedName(f.Key))
	}
	if want := "urn:kopir:service:" + s.ID + ":"; !strings.HasPrefix(f.Namespace, want) {
		b.fail(at("namespace"), "namespace %q: want %s and a number", f.Namespace, want)
	}
	if f.Version < 1 {
		b.fail(at("version"), "version: want a number from 1")
	}
	s.ValidFrom = b.date(f.ValidFrom, at("valid_from"))
	if f.ValidTo != "" {
		s.ValidTo = b.date(f.ValidTo, at("valid_to"))
		if s.ValidTo.Before(s.ValidFrom) {
			b.fail(at("valid_to"), "valid_to lies before valid_from")
		}
	}
	b.oneOf(f.Form, at("form"), FormPaper, FormPartiallyAutomated, FormAutomated)
	b.someOf(f.Channels, at("channels"), Channels()...)
	if f.Form == FormPaper && s.Offers("portal") {
		b.fail(at("channels"), "a paper-only service has no portal channel")
	}
	for i, r := range f.Regions {
		if !isDigits(r, 2) {
			b.fail(at("regions", i), "region %q: want the two digits a KATO code begins with, quoted: \"11\"", r)
		}
	}
	if len(f.Regions) == 0 {
		b.fail(at("regions"), "regions: want at least one")
	}
	if len(f.SHEP.ServiceIDs) == 0 {
		b.fail(at("shep"), "shep.service_ids: want at least one")
	}
	b.transport(f.SHEP)
}

func (b *builder) date(s string, where []string) time.Time {
	t, err := time.ParseInLocation(time.DateOnly, s, worktime.Location())
	if err != nil {
		b.fail(where, "%s: %q is not a date like 2016-01-15", strings.Join(where, "."), s)
	}
	return t
}

func (b *builder) oneOf(value string, where []string, allowed ...string) {
	if !slices.Contains(allowed, value) {
		b.fail(where, "%s: %q is none of %s", strings.Join(where, "."), value, strings.Join(allowed, ", "))
	}
}

func (b *builder) someOf(values []string, where []string, allowed ...string) {
	if len(values) == 0 {
		b.fail(where, "%s: want at least one of %s", strings.Join(where, "."), strings.Join(allowed, ", "))
	}
	for i, v := range values {
		b.oneOf(v, append(slices.Clone(where), strconv.Itoa(i)), allowed...)
		if slices.Index(values, v) != i {
			b.fail(append(slices.Clone(where), strconv.Itoa(i)), "%q is there twice", v)
		}
	}
}

func (b *builder) legal(s *Service, f serviceFile) {
	if len(f.Legal) == 0 {
		b.fail(at("legal"), "legal: want the act the service rests on")
	}
	for i, l := range f.Legal {
		s.Legal = append(s.Legal, Legal{
			Title: b.text(l.Title, at("legal", i, "title")), Date: b.date(l.Date, at("legal", i, "date")),
			Number: l.Number, Registered: l.Registered, Revoked: l.Revoked, Part: l.Part,
		})
	}
}

// Kinds of providers and the words of the roles in a step and of a signer.
var (
	providerKinds = []string{"department", "rural_akim", "education"}
	hoursKinds    = []string{"department", "rural_akim", "education", "service_centre", "employment_centre"}
	stepRoles     = []string{"applicant", "portal", "gateway", "system", "centre_system", "centre", "employment_centre", "office", "employee", "executor", "head", "akim", "commission"}
	signerRoles   = []string{"head", "sign_right", "financial_sign_right", "hr", "employee"}
)

func (b *builder) people(s *Service, f serviceFile) {
	b.someOf(f.ProviderKinds, at("provider_kinds"), providerKinds...)
	b.oneOf(f.Applicant.Identity, at("applicant", "identity"), IdentityIIN, IdentityIINOrBIN)
	b.someOf(f.Signer.Roles, at("signer", "roles"), signerRoles...)
	s.Signer = Signer{Roles: f.Signer.Roles, ProviderBIN: f.Signer.ProviderBIN, Who: b.text(f.Signer.Who, at("signer", "who"))}
	s.Hours = map[string]worktime.Hours{}
	for kind, written := range f.Hours {
		b.oneOf(kind, at("hours", kind), hoursKinds...)
		h, err := worktime.ParseHours(written)
		if err != nil {
			b.fail(at("hours", kind), "%v", err)
		}
		s.Hours[kind] = h
	}
}

func (b *builder) terms(s *Service, f serviceFile) {
	s.Term, s.TermNotes = map[string]worktime.Limit{}, map[string]string{}
	for _, channel := range slices.Sorted(maps.Keys(f.Term)) {
		t := f.Term[channel]
		if channel != "default" && !s.Offers(channel) {
			b.fail(at("term", channel), "term: the service does not offer channel %q", channel)
		}
		l, err := worktime.ParseLimit(t.Limit)
		if err != nil || l.Zero() {
			b.fail(at("term", channel), "term %s: want a limit like \"10 working_days\": %v", channel, err)
		}
		if t.Basis == "" {
			b.fail(at("term", channel), "term %s: say in basis where it comes from", channel)
		}
		s.Term[channel], s.TermNotes[channel] = l, t.Basis
	}
	for _, c := range s.Channels {
		if s.Limit(c).Zero() {
			b.fail(at("term"), "term: there is none for channel %q and no default", c)
		}
	}
	for _, channel := range slices.Sorted(maps.Keys(f.Steps)) {
		if !s.Offers(channel) {
			b.fail(at("steps", channel), "steps: the service does not offer channel %q", channel)
		}
		for i, st := range f.Steps[channel] {
			s.Steps = append(s.Steps, b.step(channel, i, st))
		}
	}
}

func (b *builder) step(channel string, i int, f stepFile) Step {
	where := at("steps", channel, i)
	if !idPattern.MatchString(f.Code) {
		b.fail(where, "step: code %q: want small letters, digits and underscores", f.Code)
	}
	b.oneOf(f.Role, append(where, "role"), stepRoles...)
	st := Step{Channel: channel, Order: i + 1, Code: f.Code, Role: f.Role, Text: b.text(Text{"kk": f.KK, "ru": f.RU}, where)}
	if len(f.Ends) > 0 {
		st.Ends = b.text(f.Ends, append(where, "ends"))
	}
	if st.Unknown = f.Limit == "unknown"; st.Unknown {
		return st
	}
	l, err := worktime.ParseLimit(f.Limit)
	if err != nil || l.Zero() {
		b.fail(append(where, "limit"), "step %s: want a limit like \"20 minutes\", or unknown: %v", f.Code, err)
	}
	st.Limit = l
	return st
}

func (b *builder) outcome(s *Service, f serviceFile) {
	s.Outputs = map[string]Text{}
	for _, kind := range []string{"positive", "negative"} {
		s.Outputs[kind] = b.text(f.Outputs[kind], at("outputs", kind))
	}
	for kind := range f.Outputs {
		b.oneOf(kind, at("outputs", kind), "positive", "negative")
	}
	for i, g := range f.Refusals {
		if !idPattern.MatchString(g.Code) {
			b.fail(at("refusals", i), "refusal: code %q: want small letters, digits and underscores", g.Code)
		}
		if _, twice := s.Ground(g.Code); twice {
			b.fail(at("refusals", i), "refusal %q is there twice", g.Code)
		}
		s.Refusals = append(s.Refusals, Ground{Code: g.Code, Text: b.text(Text{"kk": g.KK, "ru": g.RU}, at("refusals", i))})
	}
	for i, n := range f.Notifications {
		b.oneOf(n.Event, at("notifications", i, "event"), "accepted", "step", "extended", "completed", "declined")
		b.someOf(n.To, at("notifications", i, "to"), "cabinet", "email", "iis_con")
		s.Notifications = append(s.Notifications, Notification(n))
	}
	for i, q := range f.Survey {
		for j, a := range q.Answers {
			b.text(a, at("survey", i, "answers", j))
		}
		s.Survey = append(s.Survey, Question{Text: b.text(Text{"kk": q.KK, "ru": q.RU}, at("survey", i)), Answers: q.Answers})
	}
}
