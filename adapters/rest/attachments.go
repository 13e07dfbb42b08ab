package rest

import (
	"mime"
	"net/http"
	"time"

	"github.com/gorilla/mux"

	"kopir/adapters/httpserver"
	"kopir/gateway"
)

// attachmentBody is one file of an application.
type attachmentBody struct {
	Code    string `json:"code"`
	Name    string `json:"name"`
	SHA256  string `json:"sha256"`
	Size    int64  `json:"size,omitempty"`
	Type    string `json:"type,omitempty"` // as its octets show
	Covered bool   `json:"covered"`        // by the applicant's signature
	State   string `json:"state"`
	Checked string `json:"checked"` // off, unchecked, clean, infected
	Cause   string `json:"cause,omitempty"`
}

func attachmentsOf(list []gateway.Attachment) []attachmentBody {
	out := []attachmentBody{}
	for _, a := range list {
		out = append(out, attachmentBody{Code: a.Code, Name: a.Name, SHA256: a.SHA256, Size: a.Size, Type: a.Type,
			Covered: a.Covered, State: string(a.State), Checked: checkedOf(a.Scan), Cause: a.Cause})
	}
	return out
}

func checkedOf(s gateway.ScanState) string {
	if s == gateway.ScanOff {
		return "off"
	}
	return string(s)
}

// maxDownload is how long a file may take to the provider: 20 MB over a line of 300 kbit/s.
const maxDownload = 10 * time.Minute

// attachment gives a file or document of the case by its digest: an attachment that was brought, what the
// signature covers, or the application as it came. It is somebody's upload: it is never shown by a browser,
// only saved.
func (a *API) attachment(w http.ResponseWriter, r *http.Request, caller gateway.Caller) error {
	number, sha := mux.Vars(r)["number"], mux.Vars(r)["sha256"]
	found, f, err := a.views.Attachment(r.Context(), caller, number, sha)
	switch {
	case err != nil && httpserver.AsError(err).Code == gateway.CodeNotFound:
		return a.document(w, r, caller)
	case err != nil:
		return err
	}
	defer f.Close()
	h := w.Header()
	h.Set("Content-Type", found.Type)
	h.Set("Content-Disposition", saveAs(found.Name))
	h.Set("Content-Security-Policy", "sandbox")
	h.Set("Cache-Control", "private, no-cache") // asked about each time: the right to see it may end
	h.Set("ETag", `"`+sha+`"`)
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(maxDownload))
	http.ServeContent(w, r, "", time.Time{}, f)
	return nil
}

// saveAs is the header that makes a browser save; letters beyond ASCII go by RFC 8187.
func saveAs(name string) string {
	if header := mime.FormatMediaType("attachment", map[string]string{"filename": name}); header != "" {
		return header
	}
	return "attachment"
}

// document gives what the ledger itself keeps of the case.
func (a *API) document(w http.ResponseWriter, r *http.Request, caller gateway.Caller) error {
	sha := mux.Vars(r)["sha256"]
	doc, err := a.views.Document(r.Context(), caller, mux.Vars(r)["number"], sha)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Disposition", `attachment; filename="`+sha+`"`)
	return writeBytes(w, "application/octet-stream", doc)
}
