package catalogue

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"kopir/schemas"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/xmltree"
)

// prove runs every sample of every style and service.
func (c *Catalogue) prove(fsys fs.FS) []Problem {
	var problems ProblemList
	styles := readStyles(fsys, &ProblemList{}) // their own mistakes are told by Load
	for _, name := range slices.Sorted(maps.Keys(styles)) {
		if p := styles[name].payload; p != nil {
			p.prove(fsys, nil, &problems)
		}
	}
	for _, s := range c.services {
		if s.SHEP.Payload != nil {
			s.SHEP.Payload.prove(fsys, s, &problems)
		}
	}
	return problems
}

func (p *Payload) prove(fsys fs.FS, s *Service, problems *ProblemList) {
	for i, sample := range p.Samples {
		if s != nil && p.file == "payloads/"+p.Style+".yaml" {
			continue // the style's own; it is proved by itself
		}
		var err error
		if sample.Request != "" {
			err = p.proveRequest(fsys, s, sample)
		} else {
			err = p.proveStatus(fsys, sample)
		}
		if err != nil {
			problems.Add(p.file, p.line[i], "sample: %v", err)
		}
	}
}

// readSample reads a sample; a style of the program brings its own.
func readSample(fsys fs.FS, name string) ([]byte, error) {
	if !fs.ValidPath(name) {
		return nil, fmt.Errorf("%q is not a path below the catalogue's folder", name)
	}
	b, err := fs.ReadFile(fsys, name)
	if errors.Is(err, fs.ErrNotExist) {
		if own, err := fs.ReadFile(schemas.FS, name); err == nil {
			return own, nil
		}
	}
	return b, err
}

func (p *Payload) proveRequest(fsys fs.FS, s *Service, sample Sample) error {
	raw, err := readSample(fsys, sample.Request)
	if err != nil {
		return err
	}
	doc, err := xmltree.Parse(raw, xmltree.DefaultLimits())
	if err != nil {
		return fmt.Errorf("%s: %w", sample.Request, err)
	}
	if p.Request == nil {
		return errors.New("the payload maps no request: the service's own form needs no sample")
	}
	if !p.Request.is(doc.Root, p.Namespace) {
		return fmt.Errorf("%s is not a request of this payload: its root, its namespace or what match demands is another", sample.Request)
	}
	got := p.Request.values(doc.Root)
	if s != nil {
		form, err := s.Read(doc.Root, "")
		if err != nil {
			return fmt.Errorf("%s: %w", sample.Request, err)
		}
		got = form.told(s)
	}
	for _, name := range slices.Sorted(maps.Keys(sample.Expect)) {
		if got[name] != sample.Expect[name] {
			return fmt.Errorf("%s: %s is %q, expected %q", sample.Request, name, got[name], sample.Expect[name])
		}
	}
	return nil
}

// values are the fields of a document by name; of a style, which knows no service.
func (q *PayloadRequest) values(root *xmltree.Element) map[string]string {
	got := map[string]string{}
	for name, path := range merged(q.Fields, q.Values) {
		if v, ok := q.value(root, path); ok {
			if codes := q.Codes[name]; codes != nil {
				v = codes[v]
			}
			got[name] = v
		}
	}
	return got
}

// told is a form by the names a sample expects: fields by their name and by their path, and attachments by code.
func (f Form) told(s *Service) map[string]string {
	got := merged(f.Fields, nil)
	for name, path := range s.Fields {
		if v, ok := f.Fields[path]; ok {
			got[name] = v
		}
	}
	got["iin"], got["bin"], got["territory"] = f.IIN, f.BIN, f.Territory
	got["request_number"], got["chain_id"], got["request_date"] = f.RequestNumber, f.ChainID, f.RequestDate
	for _, a := range f.Attachments {
		got["attachment."+a.Code] = a.Name
	}
	return got
}

func (p *Payload) proveStatus(fsys fs.FS, sample Sample) error {
	want, err := readSample(fsys, sample.Golden)
	if err != nil {
		return err
	}
	kind := kindNotification
	if slices.Contains([]string{"completed", "declined", "refused"}, sample.Status) {
		kind = kindResponse
	}
	got, err := p.Write(kind, SampleFacts(sample.Status))
	if err != nil {
		return err
	}
	if want = bytes.TrimSpace(want); !bytes.Equal(got, want) {
		return fmt.Errorf("%s: %w", sample.Golden, firstDifference(got, want))
	}
	return nil
}

// firstDifference shows where two documents part.
func firstDifference(got, want []byte) error {
	i := 0
	for i < min(len(got), len(want)) && got[i] == want[i] {
		i++
	}
	const shown = 60
	piece := func(b []byte) string { return string(b[max(0, i-shown/3):min(len(b), i+shown)]) }
	return reason.Newf(codeFormInvalid, "at octet %d the template writes %q, the golden file has %q", i, piece(got), piece(want))
}

// SampleFacts are the facts that golden files of templates are written with; nobody's data.
func SampleFacts(status string) Facts {
	return Facts{Status: status, Values: map[string]string{
		"request_number": "10109001292987", "chain_id": "10109001292982", "request_date": "2026-11-23T10:47:28.541+05:00",
		"correlation_id": "3382552", "number": "K26-7QX4M-09TCB", "iin": "000000000000", "bin": "000000000000", "status": status,
		"code": "", "step": "draft", "kk": "Өтініш № K26-7QX4M-09TCB", "ru": "Заявление № K26-7QX4M-09TCB",
		"received_at": "2026-11-23T10:47:30.000+05:00", "due_at": "2026-12-07T18:00:00.000+05:00", "now": "2026-11-24T09:00:00.000+05:00",
		"outcome": map[string]string{"completed": "positive", "declined": "negative"}[status], "result": "PFJlc3VsdC8+",
	}, Files: []map[string]string{{
		"code": "result", "name": "K26-7QX4M-09TCB.xml", "id": "00000000-0001-2dcf-c120-49f90d44122c",
		"sha256":  "0000000000000000000000000000000000000000000000000000000000000000",
		"content": "PFJlc3VsdC8+", "number": "K26-7QX4M-09TCB", "date": "2026-11-24T09:00:00.000+05:00",
	}}}
}
