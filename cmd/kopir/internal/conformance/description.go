package conformance

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"kopir/xmlsig/xmltree"
)

const (
	nsWSDL     = "http://schemas.xmlsoap.org/wsdl/"
	nsWSDLSoap = "http://schemas.xmlsoap.org/wsdl/soap/"
	nsXSD      = "http://www.w3.org/2001/XMLSchema"
)

// maxFiles bounds what one description may import; the official set has a dozen files.
const maxFiles = 64

// description fetches a channel's WSDL and everything it imports, once.
func (b *bench) description(ctx context.Context, channel string) (map[string]*xmltree.Document, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if all, ok := b.files[channel]; ok {
		return all, nil
	}
	at, err := b.address(channel)
	if err != nil {
		return nil, err
	}
	all, waiting := map[string]*xmltree.Document{}, []string{at + "?wsdl"}
	for len(waiting) > 0 {
		address := waiting[0]
		waiting = waiting[1:]
		if all[address] != nil {
			continue
		}
		if len(all) == maxFiles {
			return nil, fmt.Errorf("the description has more than %d files", maxFiles)
		}
		doc, err := b.fetch(ctx, address)
		if err != nil {
			return nil, err
		}
		all[address] = doc
		waiting = append(waiting, imports(doc.Root, address)...)
	}
	if b.files == nil {
		b.files = map[string]map[string]*xmltree.Document{}
	}
	b.files[channel] = all
	return all, nil
}

func (b *bench) fetch(ctx context.Context, address string) (*xmltree.Document, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	resp, err := b.HTTP.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxReply))
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", address, resp.Status)
	}
	doc, err := xmltree.Parse(raw, xmltree.Limits{})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", address, err)
	}
	return doc, nil
}

// imports are the addresses a file names, made absolute.
func imports(e *xmltree.Element, base string) (found []string) {
	location := ""
	switch {
	case e.Is(nsWSDL, "import"):
		location = attr(e, "location")
	case e.Is(nsXSD, "import"), e.Is(nsXSD, "include"):
		location = attr(e, "schemaLocation")
	}
	if from, err := url.Parse(base); err == nil && location != "" {
		if to, err := from.Parse(location); err == nil {
			found = append(found, to.String())
		}
	}
	for _, c := range e.Children() {
		found = append(found, imports(c, base)...)
	}
	return found
}

// within finds the elements of a name on the first levels of all files: schemas also stand in wsdl:types.
func within(all map[string]*xmltree.Document, space, local string) (found []*xmltree.Element) {
	for _, d := range all {
		if d.Root.Is(space, local) {
			found = append(found, d.Root)
		}
		for _, c := range d.Root.Children() {
			if c.Is(space, local) {
				found = append(found, c)
			}
			for _, g := range c.Children() {
				if c.Is(nsWSDL, "types") && g.Is(space, local) {
					found = append(found, g)
				}
			}
		}
	}
	return found
}

func childOf(e *xmltree.Element, space, local string) *xmltree.Element {
	for _, c := range e.Children() {
		if c.Is(space, local) {
			return c
		}
	}
	return nil
}

func attr(e *xmltree.Element, name string) string {
	v, _ := e.Attr("", name)
	return v
}
