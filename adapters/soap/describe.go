package soap

import (
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"kopir/gateway"
	"kopir/schemas"
)

// xsdFiles are served at ?xsd=N, N counting from 1.
var xsdFiles = []string{"common-v10.xsd", "sync.xsd", "sync-request.xsd", "sync-response.xsd",
	"async-itypes.xsd", "async.xsd", "async-client.xsd", "kopir-reply.xsd", "kopir-response.xsd", "kopir-response-message.xsd"}

// descriptions are the WSDL and XSD files.
type descriptions struct{ wsdl, xsd map[string]string }

func loadDescriptions() (*descriptions, error) {
	d := &descriptions{wsdl: map[string]string{}, xsd: map[string]string{}}
	for _, ch := range []*channel{syncChannel, asyncChannel} {
		for _, name := range ch.wsdl {
			b, err := schemas.HTTP.ReadFile("wsdl/" + name)
			if err != nil {
				return nil, err
			}
			d.wsdl[name] = string(b)
		}
	}
	for _, name := range xsdFiles {
		b, err := schemas.HTTP.ReadFile("xsd/" + name)
		if err != nil {
			return nil, err
		}
		d.xsd[name] = string(b)
	}
	return d, nil
}

// describe serves ?wsdl, ?wsdl=N and ?xsd=N with addresses that lead back here.
func (e *Endpoint) describe(w http.ResponseWriter, r *http.Request, ch *channel) error {
	name, value, _ := strings.Cut(r.URL.RawQuery, "=")
	base, err := e.base(r, ch)
	if err != nil {
		return err
	}
	var text string
	switch strings.ToLower(name) {
	case "wsdl":
		text = e.files.wsdl[pick(ch.wsdl, value, 0)]
	case "xsd":
		text = e.files.xsd[pick(xsdFiles, value, 1)]
	}
	if text == "" {
		return &gateway.Error{Code: gateway.CodeNotFound, Detail: "messages are sent by POST; the description is at ?wsdl"}
	}
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	_, _ = w.Write([]byte(relocate(text, base, ch)))
	return nil
}

// pick finds a file by its number as written in the address; no number is the first.
func pick(files []string, value string, first int) string {
	n, err := strconv.Atoi(value)
	switch {
	case value == "" && first == 0:
		n = 0
	case err != nil:
		return ""
	}
	if n -= first; n < 0 || n >= len(files) {
		return ""
	}
	return files[n]
}

// relocate turns the files' references to each other into addresses of this endpoint.
func relocate(text, base string, ch *channel) string {
	pairs := []string{`<soap:address location="http://localhost` + ch.path, `<soap:address location="` + base}
	for i, name := range ch.wsdl[1:] {
		pairs = append(pairs, `location="`+name+`"`, `location="`+base+"?wsdl="+strconv.Itoa(i+1)+`"`)
	}
	for i, name := range xsdFiles {
		to := `schemaLocation="` + base + "?xsd=" + strconv.Itoa(i+1) + `"`
		pairs = append(pairs, `schemaLocation="`+name+`"`, to, `schemaLocation="../xsd/`+name+`"`, to)
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// hostPattern is what may be copied from a Host header into a document.
var hostPattern = regexp.MustCompile(`^[A-Za-z0-9.-]+(:[0-9]{1,5})?$|^\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?$`)

func (e *Endpoint) base(r *http.Request, ch *channel) (string, error) {
	if e.cfg.PublicURL != "" {
		return url.JoinPath(e.cfg.PublicURL, ch.path)
	}
	if !hostPattern.MatchString(r.Host) {
		return "", &gateway.Error{Code: gateway.CodeNotFound, Detail: "the Host header is not a name"}
	}
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + r.Host + ch.path, nil
}
