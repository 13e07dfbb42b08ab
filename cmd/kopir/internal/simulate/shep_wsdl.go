package simulate

import (
	"net/http"
	"path"
	"regexp"

	"kopir/schemas"
)

// References of the descriptions to each other and to the service.
var (
	addressPattern = regexp.MustCompile(`(<soap:address location=")[^"]*"`)
	importPattern  = regexp.MustCompile(`(ocation=")[^":]*?([A-Za-z0-9_-]+\.(?:wsdl|xsd))"`)
	filePattern    = regexp.MustCompile(`^[A-Za-z0-9_-]+\.(wsdl|xsd)$`)
)

// describe serves the public WSDL of a channel at ?wsdl, and what it imports at ?file=NAME, to make clients of.
func describe(service string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		name := r.URL.Query().Get("file")
		if _, asked := r.URL.Query()["wsdl"]; asked {
			name = service
		}
		var text []byte
		if filePattern.MatchString(name) {
			text, _ = schemas.HTTP.ReadFile(path.Join(path.Ext(name)[1:], name))
		}
		if text == nil {
			http.Error(w, "messages are sent by POST; the description is at ?wsdl", http.StatusNotFound)
			return
		}
		here := "http://" + r.Host + r.URL.Path
		text = addressPattern.ReplaceAll(text, []byte("${1}"+here+`"`))
		text = importPattern.ReplaceAll(text, []byte("${1}"+here+`?file=${2}"`))
		w.Header().Set("Content-Type", "text/xml; charset=utf-8")
		_, _ = w.Write(text)
	}
}
